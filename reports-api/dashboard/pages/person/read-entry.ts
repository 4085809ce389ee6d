import type { CallMatch, TimelineEntry } from '../../api/people.ts'

/** Which fields an entry has depends on its kind; these read one or say that it is not there. */
export function textOf(entry: TimelineEntry, ...fields: string[]): string {
  for (const field of fields) {
    const value = entry[field]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
  }
  return ''
}

export function numberOf(entry: TimelineEntry, field: string): number | undefined {
  const value = entry[field]
  if (value === null || value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

export function matchOf(entry: TimelineEntry): CallMatch | undefined {
  const match = entry.match
  return typeof match === 'object' && match !== null && 'reason' in match ? (match as CallMatch) : undefined
}

export interface Verdict {
  auto: string
  manual: string | null
}

export interface Fraud {
  score: number
  signs: { sign: string; label: { en: string; ru: string }; evidence: Record<string, unknown> }[]
}

export function verdictOf({ verdict }: TimelineEntry): Verdict | undefined {
  return typeof verdict === 'object' && verdict !== null && 'auto' in verdict ? (verdict as Verdict) : undefined
}

export function fraudOf({ fraud }: TimelineEntry): Fraud | undefined {
  return typeof fraud === 'object' && fraud !== null && 'signs' in fraud ? (fraud as Fraud) : undefined
}

/** Another id under which a request was told, and why it is the same. */
export interface Sameness {
  id: string
  rule: string
  by: string[]
  apart_ms: number
}

export function samenessOf({ same }: TimelineEntry): Sameness[] {
  return Array.isArray(same) ? (same as Sameness[]) : []
}

/** What a note says by hand of who is one person. */
export function handOf(entry: TimelineEntry): { merge: string[]; split: { kind: string; value: string } | undefined } {
  const { merge, split } = entry
  return {
    merge: Array.isArray(merge) ? merge.map(String) : [],
    split:
      typeof split === 'object' && split !== null && 'kind' in split
        ? (split as { kind: string; value: string })
        : undefined,
  }
}

/** Where a visit came from, as marketers write it. */
export function sourceOf(entry: TimelineEntry): string {
  return ['source', 'medium', 'campaign']
    .map((field) => textOf(entry, field))
    .filter(Boolean)
    .join(' / ')
}

/** How sure a match is, as a word. */
export function confidenceWord(confidence: number): 'certain' | 'likely' | 'fair' | 'doubtful' | 'none' {
  if (confidence >= 0.95) return 'certain'
  if (confidence >= 0.8) return 'likely'
  if (confidence >= 0.5) return 'fair'
  return confidence > 0 ? 'doubtful' : 'none'
}

/** The path of an address, which says more on one line than its host does. */
export function pathOfUrl(url: string): string {
  try {
    const { pathname, hash } = new URL(url)
    return decodeURI(pathname) + hash
  } catch {
    return url
  }
}

/** The host of an address; nothing when it cannot be read. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
