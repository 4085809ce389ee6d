import { guard } from './guard.ts'
import { numberFor, onSwap } from './leases.ts'
import { swapByHand } from './numbers.ts'
import { countPage } from './pages.ts'
import { dropUnsent, track } from './send.ts'
import { agrees, decide, mayStart } from './storage.ts'
import { visitor } from './visitor.ts'

type Call = [name: string, ...args: never[]]
type Tell = (value: string | undefined) => void
type Global = ((...call: Call) => unknown) & { q?: Iterable<Call>; on?: boolean }

const commands: Record<string, false | ((...args: never[]) => unknown)> = {
  // Props that the service would not take are left out: they must not cost the event.
  event: (name: string, props?: object) =>
    name &&
    track('custom', {
      name: `${name}`,
      props: /^{.{0,8190}}$/.test(guard(JSON.stringify)(props) as string) ? props : undefined,
    }),
  identify: ({ phone, email, user }: Record<string, unknown>) => track('identify', { phone, email, user }),
  page: countPage,
  getVisitor: (tell?: Tell) => answer(visitor(), tell),
  getNumber: with_calls && ((own?: string, tell?: Tell) => answer(numberFor(own), tell)),
  onSwap: with_calls && onSwap,
  swap: with_calls && swapByHand,
}

/** Puts `throughline(…)` in place and runs what was called before it was there. Until `start` may run, calls only wait. */
export function openApi(start: () => void): void {
  const page = window as { throughline?: Partial<Global> }
  const stub = page.throughline || {}
  // Another copy of the script is at work on this page already.
  if (stub.on) return
  let waiting: Call[] | undefined = []

  const begin = (): void => {
    const calls = waiting
    waiting = undefined
    if (!calls) return
    start()
    for (const call of calls) api(...call)
  }
  const say = (isGiven: boolean): void => {
    decide(isGiven)
    if (isGiven) begin()
    else {
      waiting = waiting && []
      dropUnsent()
    }
  }
  const api: Global = guard((...call) => {
    const [name, ...args] = call
    if (name === 'consent') say(!!args[0])
    else if (agrees(true))
      // Whoever wants to be asked about numbers is in time for those that are known already.
      return waiting && name !== 'onSwap'
        ? void waiting.push(call)
        : (commands[name] as Global)(...(args as unknown as Call))
    return
  })
  api.on = true
  page.throughline = api
  for (const call of stub.q || []) api(...call)
  if (mayStart()) begin()
  // Once more: an answer that was under way may have set the visitor's cookie after the no.
  else if (!agrees(true)) say(false)
}

/** Returned as well as told: a call queued before the script came has nobody left to return to. */
function answer(value: string | undefined, tell?: Tell): string | undefined {
  if (tell) tell(value)
  return value
}
