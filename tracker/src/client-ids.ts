import { readId } from './storage.ts'

/** Ids of Google Analytics and Yandex Metrica. Read at every sending: their scripts may well come after ours. */
export function clientIds(): Record<string, string | undefined> {
  return { ga: readId('_ga'), ym: readId('_ym_uid') }
}
