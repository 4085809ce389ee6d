/** Rules of matching that can be left out one at a time, to see what each of them earns (benchmarks/matching). */
export const ruleNames = [
  /** Placeholders name nobody. */
  'junk',
  /** The company's own phones and emails name nobody. */
  'blocked',
  /** What joins too many others joins nobody. */
  'shared',
  /** What people meet in who have nothing else in common joins nobody. */
  'strangers',
  /** Events that name too many of one kind join nobody, nor do visits in which several people left their names. */
  'crowded_events',
  /** A person holds no more than one does. */
  'person_full',
  /** What is believed less does not make one person of two contacts. */
  'two_contacts',
  /** A phone alone, or a lease that is not all but certain, does not make one person of two who are known apart. */
  'two_people',
  /** Given names alone tell people apart, where each has a phone. */
  'given_names',
  /** A match that is not sure says nothing of persons. */
  'unsure_matches',
  /** A number is kept for its visitor for a while. */
  'reserve',
  /** Providers' clocks are estimated and put right. */
  'clocks',
  /** Clicks on phone links tell who called. */
  'clicks',
  /** Who noted a number may call it later. */
  'saved_numbers',
  /** A caller known by phone is given their own visit. */
  'known_caller',
] as const

export type RuleName = (typeof ruleNames)[number]

const leftOut = new Set<RuleName>()
const asked = new Set<RuleName>()

/** Whether a rule is in force: always, but in a benchmark that leaves it out. */
export function holds(rule: RuleName): boolean {
  asked.add(rule)
  return !leftOut.has(rule)
}

/** Leaves a rule out until the function that this returns is called; that one says whether anything asked for it. */
export function leaveOut(rule: RuleName): () => boolean {
  leftOut.add(rule)
  asked.delete(rule)
  return () => {
    leftOut.delete(rule)
    return asked.has(rule)
  }
}
