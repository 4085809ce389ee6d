interface Shown {
  visitor: string
  until_ms: number
}

/** Watches what pages are told about tracked numbers: until one runs out, nobody else may be shown it. */
export interface NumbersShown {
  note(visitor: string, numbers: readonly { number: string; expires_at: string }[], answered_ms: number): void
  readonly shown: number
  readonly violations: string[]
}

export function watchNumbers(): NumbersShown {
  const holders = new Map<string, Shown>()
  const violations: string[] = []
  let shown = 0
  return {
    violations,
    get shown() {
      return shown
    },
    note(visitor, numbers, answered_ms) {
      for (const { number, expires_at } of numbers) {
        shown++
        const until_ms = Date.parse(expires_at)
        const last = holders.get(number)
        // Answers overtake each other: only a promise that outlasts this answer was surely broken by it.
        if (last && last.visitor !== visitor && last.until_ms > answered_ms)
          violations.push(`${number} shown to ${visitor} while promised to ${last.visitor}`)
        const isKept = last?.visitor === visitor && last.until_ms > until_ms
        holders.set(number, { visitor, until_ms: isKept ? last.until_ms : until_ms })
      }
    },
  }
}
