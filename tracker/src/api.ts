import { guard } from './guard.ts'
import { numberFor, onSwap, showInstead, swapByHand } from './numbers.ts'
import { countPage } from './pages.ts'
import { allowSending, track } from './send.ts'
import { allowStorage, forgetAll } from './storage.ts'
import { visitor } from './visitor.ts'

type Call = [name: string, ...args: never[]]
type Tell = (value: string | undefined) => void
type Global = ((...call: Call) => unknown) & { q?: Iterable<Call>; on?: boolean; show?: unknown }

const commands: Record<string, false | ((...args: never[]) => unknown)> = {
  event: (name: string, props?: object) => track('custom', { name, props }),
  identify: (who: object) => track('identify', who),
  page: countPage,
  getVisitor: (tell?: Tell) => answer(visitor(), tell),
  getNumber: with_calls && ((own?: string, tell?: Tell) => answer(numberFor(own), tell)),
  onSwap: with_calls && onSwap,
  swap: with_calls && swapByHand,
}

/** Puts `throughline(…)` in place and runs what was called before it was there. Until `start` may run, calls only wait. */
export function openApi(start: () => void, mayStart: boolean): void {
  const page = window as { throughline?: Global }
  const stub = page.throughline
  // Another copy of the script is at work on this page already.
  if (stub?.on) return
  let waiting: Call[] | undefined = []

  const begin = (): void => {
    const calls = waiting
    waiting = undefined
    if (!calls) return
    start()
    for (const call of calls) api(...call)
  }
  const api: Global = guard((...call) => {
    const [name, ...args] = call
    if (name === 'consent') return decide(!!args[0])
    // Whoever wants to be asked about numbers is in time for those that are known already.
    if (waiting && name !== 'onSwap') return waiting.push(call)
    const command = commands[name]
    if (command) return command(...args)
    return
  })
  const decide = (isGiven: boolean): void => {
    if (!isGiven) forgetAll()
    allowStorage(isGiven)
    allowSending(isGiven)
    if (isGiven) begin()
  }
  api.on = true
  // For the test aid.
  if (with_calls) api.show = showInstead
  page.throughline = api
  for (const call of stub?.q || []) api(...call)
  if (mayStart) begin()
}

/** Returned as well as told: a call queued before the script came has nobody left to return to. */
function answer(value: string | undefined, tell?: Tell): string | undefined {
  tell?.(value)
  return value
}
