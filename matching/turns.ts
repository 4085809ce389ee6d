/** Work that runs one piece at a time, and waits that can be cut short. */
export interface Turns {
  alone<Result>(work: () => Promise<Result>): Promise<Result>
  /** Ends the wait going on; one that came while nobody waited ends the next. */
  poke(): void
  wait(ms: number): Promise<void>
  /** A wait that pokes do not shorten: after a failure, facts that keep coming must not make a busy loop of it. */
  pause(ms: number): Promise<void>
  /** Ends every wait, now and from now on. */
  end(): void
}

export function openTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let wake: (() => void) | undefined
  let isPokable = false
  let isPoked = false
  let isOver = false
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      if (isOver) return resolve()
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return {
    alone<Result>(work: () => Promise<Result>): Promise<Result> {
      const turn = last.then(work)
      last = turn.catch(() => undefined)
      return turn
    },
    poke() {
      isPoked = true
      if (isPokable) wake?.()
    },
    async wait(ms) {
      isPokable = true
      if (!isPoked) await sleep(ms)
      isPokable = false
      isPoked = false
    },
    pause: sleep,
    end() {
      isOver = true
      wake?.()
    },
  }
}
