import { tick } from './engagement.ts'
import { guard, isVisible, on } from './guard.ts'
import { signOfLife } from './pages.ts'
import { renewLeases, retry } from './send.ts'

const PULSE_MS = 45_000
// Someone who reads the number aloud into a phone does not touch the mouse for a while.
const PATIENCE_MS = 300_000

let active_ms = Date.now()
let pulsed_ms = active_ms

/** Keeps session and leases alive while somebody is there. A first lease is short: `isNew` has it confirmed at once. */
export function watchActivity(isNew: boolean): void {
  if (isNew) pulsed_ms = 0
  on(document, 'pointermove pointerdown keydown scroll', () => {
    active_ms = Date.now()
    if (active_ms - pulsed_ms > PULSE_MS) pulse()
  })
  setInterval(
    guard(() => {
      tick()
      if (isVisible() && Date.now() - active_ms < PATIENCE_MS) pulse()
    }),
    PULSE_MS,
  )
}

function pulse(): void {
  pulsed_ms = Date.now()
  retry()
  if (signOfLife() && with_calls) renewLeases()
}
