import { guard } from './guard.ts'
import { onSwap } from './leases.ts'
import { getNumber, swapByHand } from './numbers.ts'
import { countPage, forgetVisit } from './pages.ts'
import { dropUnsent, track } from './send.ts'
import { start } from './start.ts'
import { ASKING, agreesTo, decide, STARTING } from './storage.ts'
import { visitor } from './visitor.ts'

type Call = [name: string, ...args: never[]]
type Tell = (value: string | undefined) => void
type Global = ((...call: Call) => unknown) & { q?: Iterable<Call>; on?: boolean }
type Page = { throughline?: Partial<Global> }
type Command = (...args: never[]) => unknown

const commands: Record<string, Command> = {
  event: (name: string, props?: object) => name && track('custom', { name: `${name}`, props }),
  identify: ({ phone, email, user }: Record<string, unknown>) => track('identify', { phone, email, user }),
  page: countPage,
  // Returned as well as told: a call queued before the script came has nobody left to return to.
  getVisitor: (tell: Tell = visitor) => {
    tell(visitor())
    return visitor()
  },
}
if (with_calls) {
  commands.getNumber = getNumber
  commands.onSwap = onSwap
  commands.swap = swapByHand
}

/** Puts `throughline(…)` in place and runs what was called before it was there. Until `start` may run, calls only wait. */
export function openApi(): void {
  const stub = (window as Page).throughline || {}
  // Another copy of the script is at work on this page already.
  if (stub.on) return
  let waiting: (() => unknown)[] | 0 = [start]

  const begin = (): void => {
    const acts = waiting || []
    waiting = 0
    acts.map((act) => act())
  }
  const api: Global = guard((name, ...args) => {
    if (name === 'consent') {
      decide(args[0])
      if (tl_settings.consent) return begin()
      // What was called before the no is forgotten.
      waiting = waiting && [start]
      dropUnsent()
      forgetVisit()
    } else if (agreesTo(ASKING))
      // Whoever wants to be asked about numbers is in time for those that are known already.
      return waiting && !(with_calls && name === 'onSwap')
        ? void waiting.push(() => api(name, ...args))
        : (commands[name] as Command)(...args)
    return
  })
  api.on = true
  ;(window as Page).throughline = api
  // There may be no queue, and what is in it is the page's.
  guard(() => [...(stub.q as Iterable<Call>)].map((call) => api(...call)))()
  if (agreesTo(STARTING)) begin()
  // Once more: an answer that was under way may have set the visitor's cookie after the no.
  else if (!agreesTo(ASKING)) api('consent', false as never)
}
