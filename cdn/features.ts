import type { PublicSettings } from './public-settings.ts'

/** Abilities that a site can do without, and then does not pay for in bytes. */
export const FEATURES = ['calls', 'areas', 'forms', 'linker'] as const

export type Feature = (typeof FEATURES)[number]

/** One file of code for each choice of features, by `keyOf`. */
export type Trackers = Record<string, string>

/** The name of a choice of features, whatever their order. */
export function keyOf(features: readonly Feature[]): string {
  return FEATURES.filter((feature) => features.includes(feature)).join(',')
}

/** What this site's pages need of the tracker. */
export function featuresOf({ replaces, areas = [] }: PublicSettings): Feature[] {
  const features: Feature[] = ['forms', 'linker']
  // Few sites choose elements by selectors.
  if (areas.length > 0) return ['calls', 'areas', ...features]
  return replaces.length > 0 ? ['calls', ...features] : features
}
