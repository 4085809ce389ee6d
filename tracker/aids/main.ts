import { guard } from '../src/guard.ts'
import { introduce, watchCalls } from './introduce.ts'
import { say } from './say.ts'
import { watchRequests } from './watch-requests.ts'
import { watchSubmits } from './watch-submits.ts'
import { watchSwaps } from './watch-swaps.ts'

/**
 * What `?tl_debug` and `?tl_test` load before the tracker starts. It lives for one page, and for the one who looks into an
 * installation: so it may do what the tracker never does, and stand between the tracker and `fetch`.
 */
guard(() => {
  const flags = new URLSearchParams(location.search)
  const [isDebug, isTest] = [flags.has('tl_debug'), flags.has('tl_test')]
  const script = document.currentScript as HTMLScriptElement
  if (!(isDebug || isTest) || !isFirst()) return
  const endpoint = new URL('../v1/', script.src).href
  if (isDebug) introduce(endpoint)
  if (isTest) say('test', ['Tracked numbers are shown as nines, and none is asked for. Visits are recorded as usual.'])
  watchRequests({ endpoint, isDebug, isTest })
  if (!isDebug) return
  watchSwaps()
  watchSubmits()
  // The tracker starts in this script's `onload`, and listens first.
  script.addEventListener('load', guard(watchCalls))
})()

/** The tag may stand on the page twice, and both would load this. Once a tracker is at work, it is too late. */
function isFirst(): boolean {
  const page = window as unknown as { throughline?: Stub }
  if (!page.throughline) {
    const stub: Stub = (...call) => {
      stub.q = [...(stub.q || []), call]
    }
    page.throughline = stub
  }
  if (page.throughline.aids || page.throughline.on) return false
  page.throughline.aids = tl_settings.site
  return true
}

type Stub = ((...call: unknown[]) => void) & { q?: Iterable<unknown>; aids?: string; on?: boolean }
