import type { PublicSettings } from './public-settings.ts'

/** Abilities that a site can do without, and then does not pay for in bytes. */
export const FEATURES = ['calls', 'areas', 'forms', 'linker', 'hash'] as const

export type Feature = (typeof FEATURES)[number]

/** Under this name stands what `?tl_debug` and `?tl_test` load. */
export const AIDS = 'aids'

/** One file of code for each choice of features, by `keyOf`; and the aids. */
export type Trackers = Record<string, string>

/** The name of a choice of features, whatever their order. */
export function keyOf(features: readonly Feature[]): string {
  return FEATURES.filter((feature) => features.includes(feature)).join(',')
}

/** What this site's pages need of the tracker. */
export function featuresOf({ replaces = [], linked, areas = [], hash_routes }: PublicSettings): Feature[] {
  const features: Feature[] = ['forms']
  if (replaces.length > 0 || areas.length > 0) features.push('calls')
  // Few sites choose elements by selectors.
  if (areas.length > 0) features.push('areas')
  if (linked !== undefined) features.push('linker')
  if (hash_routes) features.push('hash')
  return features
}
