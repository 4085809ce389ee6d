/**
 * The number after `last`, which follows the clock where it can. Numbers of all nodes then rise together, so that the
 * index on `segment` narrows any search to the newest parts; and a log set back to an old state by a restored disk
 * does not come upon the numbers it gave out since. They only grow, also when the clock goes back.
 */
export function nextSegmentNumber(last: number, now_ms: number): number {
  const ticks = Math.floor((now_ms - first_ms) / tick_ms)
  return Math.max(last + 1, Math.min(ticks, ticks_max))
}

/** No table seals more often than this for long (seal_after_ms). */
const tick_ms = 200
const first_ms = Date.UTC(2025, 0, 1)
/** Half of UInt32 at most comes from a clock, however wrong; the rest is for counting on. */
const ticks_max = 2 ** 31
