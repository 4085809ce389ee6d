import { guard } from './guard.ts'
import { agreesTo, KEEPING, readId } from './storage.ts'

/** Metrica's function; before its script has come, what queues the calls for it. */
declare const ym: ((counter: unknown, method: string, tell: (id: string) => void) => unknown) & { a: [[unknown]] }

let metrica: string | undefined

/** Ids of Google Analytics and Yandex Metrica. Read at every sending: their scripts may well come after ours. */
export function clientIds(): Record<string, string | undefined> {
  askMetrica()
  return { ga: readId('_ga'), ga_session: readId('_ga_\\w+'), ym: readId('_ym_uid', metrica) }
}

/**
 * Where its cookie is refused Metrica itself knows, by the next sending. The first call of its queue names the counter. Not
 * asked where nothing may be known of a visitor.
 */
const askMetrica = guard(() => agreesTo(KEEPING) && ym(ym.a[0][0], 'getClientID', (id) => (metrica = id)))
