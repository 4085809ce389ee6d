/** The page must live on whatever happens here: nothing thrown inside gets out. */
export function guard<Args extends unknown[], Result>(
  act: (...args: Args) => Result,
): (...args: Args) => Result | undefined {
  return (...args) => {
    try {
      return act(...args)
    } catch {}
    return
  }
}

/**
 * Listens in the capture phase, so that no handler of the page can hide an event from us; and that of the window comes
 * by for whatever happens in the document, whether it bubbles or not.
 */
export function on(types: string, act: (event: Event) => void, target: EventTarget = window): void {
  types.split(' ').map((type) => target.addEventListener(type, guard(act), true))
}
