import { tick } from './engagement.ts'
import { guard, isVisible, on } from './guard.ts'
import { signOfLife } from './pages.ts'
import { renewLeases } from './send.ts'

const TICK_MS = 15_000
const PULSE_MS = 40_000
// Someone who reads the number aloud into a phone does not touch the mouse for a while.
const PATIENCE_MS = 300_000

let active_ms = Date.now()
let pulsed_ms = 0

/** Keeps session and leases alive while somebody is there. A first lease is short: unless `isKnown`, it is confirmed at once. */
export function watchActivity(isKnown?: boolean): void {
  if (isKnown) pulsed_ms = active_ms
  on(document, 'pointermove pointerdown keydown scroll', () => {
    active_ms = Date.now()
    pulse()
  })
  setInterval(guard(pulse), TICK_MS)
}

function pulse(): void {
  const now = Date.now()
  tick()
  if (isVisible() && now - active_ms < PATIENCE_MS && now - pulsed_ms > PULSE_MS) {
    pulsed_ms = now
    if (signOfLife() && with_calls) renewLeases()
  }
}
