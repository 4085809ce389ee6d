import { tick } from './engagement.ts'
import { guard, isVisible, on } from './guard.ts'
import { moved, signOfLife } from './pages.ts'
import { renewLeases } from './send.ts'

const TICK_MS = 1000
const PULSE_MS = 44_000
// Someone who reads the number aloud into a phone does not touch the mouse for a while.
const PATIENCE_MS = 300_000

let active_ms = Date.now()
let pulsed_ms = active_ms

/** Keeps session and leases alive while somebody is there. A first lease is short: `isNew` has it confirmed at once. */
export function watchActivity(isNew: boolean): void {
  on(document, 'pointermove pointerdown keydown scroll', () => {
    active_ms = Date.now()
    if (isNew) pulsed_ms = 0
    isNew = false
    look()
  })
  setInterval(guard(look), TICK_MS)
}

function look(): void {
  const now = Date.now()
  tick()
  moved()
  if (isVisible() && now - active_ms < PATIENCE_MS && now - pulsed_ms > PULSE_MS) {
    pulsed_ms = now
    if (signOfLife() && with_calls) renewLeases()
  }
}
