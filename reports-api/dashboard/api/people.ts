import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { callApi } from './call-api.ts'

/** What a person can be found by, as the API names it. */
export const identifierKinds = [
  'phone',
  'email',
  'visitor',
  'ga',
  'ym',
  'user',
  'contact',
  'session',
  'call',
  'lead',
  'deal',
] as const
export type IdentifierKind = (typeof identifierKinds)[number]

export interface Identifier {
  kind: string
  value: string
  since: string
  /** The fact that says so; `with` is null for the identifier a person began with. */
  because: { fact: string; id: string; at: string; with: { kind: string; value: string } | null }
}

export interface Candidate {
  session: string | null
  visitor: string | null
  confidence: number
  reason: string
}

export interface CallMatch {
  session: string | null
  visitor: string | null
  person: string | null
  confidence: number
  reason: string
  /** Why, in words; absent in what an older service answers. */
  explanation?: { en: string; ru: string }
  candidates: Candidate[]
}

/** One entry of a person's history. Which fields there are depends on `kind`. */
export interface TimelineEntry {
  at: string
  kind: string
  id: string
  session?: string | null
  [field: string]: unknown
}

export interface PersonDeal {
  id: string
  status: string
  amount?: string | null
  currency?: string | null
  /** Why no visit is credited with it. */
  uncredited?: string | null
  [field: string]: unknown
}

export interface PersonPage {
  id: string
  names: string[]
  identifiers: Identifier[]
  timeline: TimelineEntry[]
  deals: PersonDeal[]
  revenue: string | number | null
  currency: string | null
  cursor?: string | null
}

const page_rows = 100
const look_again_ms = 3_000

/** A person with the history from the oldest entry on, a page at a time. */
export function personQuery(site: string, id: string) {
  return infiniteQueryOptions({
    queryKey: ['person', site, id],
    staleTime: 5_000,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      callApi<PersonPage>(`/v1/persons/${encodeURIComponent(id)}`, {
        query: { site, limit: page_rows, cursor: pageParam },
        signal,
      }),
    getNextPageParam: (page) => page.cursor ?? undefined,
    // History grows while someone looks at it. Of a long one every loaded page would be asked for again, so only while it is short.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? look_again_ms : false),
  })
}

/** Whose identifier this is. */
export function findPersonQuery(site: string, kind: IdentifierKind, value: string) {
  const query = kind === 'ga' || kind === 'ym' ? { client_id: `${kind}:${value}` } : { [kind]: value }
  return queryOptions({
    queryKey: ['find', site, kind, value],
    staleTime: 0,
    queryFn: ({ signal }) => callApi<PersonPage>('/v1/persons', { query: { site, ...query, limit: 1 }, signal }),
  })
}

interface Named {
  kind: string
  value: string
}

export interface WhyStep {
  from: Named
  to: Named
  fact: string
  id: string
  at: string
  rule: string
  joins: boolean
  reason: string
}

/** Why two identifiers are one person, or where what leads from one to the other breaks. */
export interface Why {
  joined: boolean
  persons: { a: string | null; b: string | null }
  chain: WhyStep[]
  reason?: string
  broken_chain?: WhyStep[]
  broken?: WhyStep & { shared?: Named & { rule: string; max: number; around: Record<string, number> } }
}

export function whyQuery(site: string, person: string, other: string) {
  return queryOptions({
    queryKey: ['why', site, person, other],
    staleTime: 0,
    retry: false,
    queryFn: ({ signal }) => callApi<Why>('/v1/persons/why', { query: { site, a: person, b: other }, signal }),
  })
}

type InBothLanguages = Record<'en' | 'ru', string>

interface CreditShare {
  weight: number
  /** A decimal string; null where the conversion has no amount. */
  credit: string | null
  explanation: InBothLanguages
}

/** One touch on the path to a request or deal, and why it is credited so. */
export interface CreditStep extends CreditShare {
  position: number
  at: string
  channel: string
  source: string
  medium: string
  campaign: string
  call?: string
  counted: boolean
}

export interface Credit {
  id: string
  currency: string
  explanation: InBothLanguages
  steps: CreditStep[]
  /** What no touch can be credited with. */
  uncredited: (CreditShare & { reason: string }) | null
}

/** What credit can be asked of, as the API names it. */
export type Credited = 'deals' | 'leads' | 'calls'

export function creditQuery(site: string, { of, id, model }: { of: Credited; id: string; model: string }) {
  return queryOptions({
    queryKey: ['credit', site, of, id, model],
    staleTime: 5_000,
    queryFn: ({ signal }) =>
      callApi<Credit>(`/v1/${of}/${encodeURIComponent(id)}/credit`, { query: { site, model }, signal }),
  })
}

/** Says by hand that a person and another one are one, or that an identifier is somebody else's. */
export function sayByHand(
  site: string,
  person: string,
  what: { merge: [string, string] } | { split: { identifier: Named } },
) {
  const said = { id: crypto.randomUUID(), site, at: Date.now(), on: { kind: 'person', id: person }, ...what }
  return callApi<{ accepted: number }>('/v1/annotations', { body: said })
}
