import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'

/** To be raised with every change after which the same facts make another history. */
export const RULES = 7

/** Before the rules were written down. */
const UNNAMED_RULES = 1

/** A rebuild that ends its process (no memory is left) must not do so at every start. */
const TRIES_MAX = 3

/**
 * How the history stands to the rules of this version: `new`, there is none yet; `current`; `outdated`, to be made anew;
 * `given_up`, when that was tried as often as it may be without anybody asking for it.
 */
export type RulesState = 'new' | 'current' | 'outdated' | 'given_up'

/** Looks by which rules the history was made. */
export async function rulesState(store: Store): Promise<RulesState> {
  const [found] = await store.query<{ done: number; tries: number; positions: number }>(
    `SELECT toFloat64((SELECT argMax(rules, at) FROM matching_rules WHERE state = 'done')) AS done,
       toFloat64((SELECT count() FROM matching_rules WHERE state = 'begun' AND rules = {rules:UInt32})) AS tries,
       toFloat64((SELECT count() FROM matching_positions FINAL)) AS positions`,
    { rules: RULES },
  )
  const { done = 0, tries = 0, positions = 0 } = found ?? {}
  if (done === 0 && positions === 0) return 'new'
  if ((done || UNNAMED_RULES) === RULES) return 'current'
  return tries < TRIES_MAX ? 'outdated' : 'given_up'
}

/** Writes down that a rebuild by the rules of this version has begun, or that the history is what they make of the facts. */
export async function noteRules(store: Store, state: 'begun' | 'done', now: Clock): Promise<void> {
  await store.insert('matching_rules', [{ rules: RULES, state, at: now() }])
}
