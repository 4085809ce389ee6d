/**
 * How likely a call comes from each of those who may have made it. Every visitor who holds the number, or may have kept it,
 * has a weight: how often somebody in their place calls, against somebody who has the number before their eyes (1). What a
 * match is sure of is its share of all weights, those of nobody known included.
 *
 * First fitted by benchmarks/matching/fit-calls.ts to calls of eight simulated worlds with pools of a third to one and a half
 * times what Erlang asks for. What is kept was then set by hand to hard worlds of 900 to 5,000 people (seeds 11 to 18), whole
 * histories included, so that each band of confidence is as often right as it says; benchmarks/README.md has how often that is
 * in worlds of other seeds. `gone` and the signs are no fit: nobody there calls so late, and who clicks a link or is known by
 * phone is hardly ever somebody else, which asks for more still.
 */
export const weights = {
  /** The number is on screen. */
  on_screen: 1,
  /** Off screen, and still kept for the visitor. */
  in_reserve: 0.28,
  /** The reserve has run out a moment ago; fades with `GONE_MS`. */
  gone: 0.003,
  /** The caller was shown the number in an earlier visit, or has dialled it before, and somebody else holds it now. */
  kept: 0.2,
  /** They were shown it, and nobody holds it now. */
  kept_shown: 0.35,
  /** They have dialled it before, and nobody holds it now. */
  kept_dialled: 0.9,
  /** The caller dialled the number a few minutes ago, out of that very visit. */
  redialled: 1.5,
  /** Somebody of whom nothing is known: a number noted long ago, passed on, or dialled by mistake. */
  unknown: 0.007,
  /** As much again where the number is on somebody's screen all the time. */
  unknown_when_busy: 0.08,
  /** As much again from a caller who may have kept the number: they may have it from another visit. */
  unknown_when_kept: 0.05,
  /** As much again from a caller who has dialled the number while nobody held it: they have it from somewhere. */
  unknown_by_heart: 0.8,
}

/** By how much a sign makes it likelier that it was this visitor. */
export const signs = {
  /** The phone link was clicked a moment before it rang. */
  phone_link_clicked: 100,
  /** The phone was given in a form of this browser, or has called from it before. */
  caller_known: 100,
}

/**
 * How sure it is which visit a caller means whose phone is known, where nobody held the number: the last that was shown
 * it, or the site's own number; the one that is going on; or just the last one, a moment or long ago.
 */
export const knownCallerConfidence = {
  own_number_shown: 0.91,
  /** Where one visit alone was shown it (`shareOfLast`). */
  number_shown: 0.8,
  visit_going_on: 0.8,
  /** Told of the company's own calls, and of calls to it after a visit of which no number is known: the worlds it was fitted to have none such. */
  within_a_day: 0.6,
  /** Told of the company's own calls alone. */
  later: 0.3,
}

/** How likely a caller has a number from the last of so many visits that were shown it: in the worlds .84, .55, .52, .33 in all. */
export function shareOfLast(visits: number): number {
  return 1 / (1 + 0.25 * (visits - 1))
}

/** For so long after its last event a visit counts as going on. */
export const GOING_ON_MS = 5 * 60_000

/** The sender names a counter's client id, which several visits share. */
export const CLIENT_ID_CONFIDENCE = 0.9

/** Below this a match is not made: unknown stays unknown. */
export const MATCH_CONFIDENCE_MIN = 0.5

/** Whose reserve has run out is likelier to be the caller at once than so much later, by a factor of e. */
export const GONE_MS = 10 * 60_000

/** How long after its reserve a lease is looked at. */
export const GONE_MAX_MS = 30 * 60_000

/** A click on a phone link leads to a call that rings between these moments after it, by our clock. */
export const CLICK_TO_RING_MS = { least: -3_000, most: 60_000 } as const

/** How long before a call it is looked at how much the number was in use. */
export const BUSY_MS = 30 * 60_000

/** Who calls again so soon after a call redials. */
export const REDIAL_MS = 15 * 60_000

/** Numbers shown to a caller longer ago have been forgotten. */
export const KEPT_MAX_MS = 180 * 86_400_000

/** How far messages of one provider waver around its clock, where that is not measured. */
export const JITTER_MS = 3_000
