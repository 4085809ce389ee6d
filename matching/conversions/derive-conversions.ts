import { projectOf } from '#domain/project.ts'
import type { KnownCall } from '../calls/decide-caller.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { type AskedDraft, askedByCall, askedByLead, signAll } from '../fraud/ask.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import { SILENCE_MAX_MS } from '../sessions/cut-sessions.ts'
import type { SessionIndex } from '../sessions/session-index.ts'
import type { SiteRules } from '../site-rules.ts'
import type { MergedLead } from './merge-leads.ts'
import { type DealState, newestVerdict } from './newest.ts'
import { pathTo, touchesOf, touchpointsOf } from './path.ts'

type Conversion = HistoryRow<'conversions'>

/** All that a person's conversions are made of. */
export interface PersonFacts {
  site: string
  person: string
  sessions: SessionIndex
  calls: readonly HistoryRow<'call_matches'>[]
  /** What the facts say of these calls, by call. */
  known: ReadonlyMap<string, KnownCall>
  leads: readonly MergedLead[]
  deals: readonly DealState[]
  /** What was said by hand, by `call\nid` or `lead\nid`. */
  annotations: ReadonlyMap<string, readonly Fact<'annotations'>[]>
  rules: SiteRules
}

export interface PersonConversions {
  conversions: Conversion[]
  touchpoints: HistoryRow<'touchpoints'>[]
}

const DAY_MS = 86_400_000

/** A person's leads and deals, each with the path that led to it. */
export function deriveConversions(facts: PersonFacts): PersonConversions {
  const drafts = [
    ...facts.calls.filter((call) => call.direction !== 'out').map((call) => ofCall(call, facts)),
    ...facts.leads.map((lead) => ofLead(lead, facts)),
  ].toSorted(
    ({ conversion: a }, { conversion: b }) => a.at - b.at || compareText(a.fact, b.fact) || compareText(a.id, b.id),
  )
  markFirst(
    drafts.map(({ conversion }) => conversion),
    facts.rules.repeat_lead_days,
  )
  const leads = signAll(drafts, facts.deals.map(seenDeal))
  const touches = touchesOf(facts.sessions.own, facts.calls)
  const visits = nobodysVisits(facts)
  const deals = facts.deals.map((state) => ofDeal(state, facts, leads))
  const result: PersonConversions = { conversions: [], touchpoints: [] }
  for (const draft of [...leads, ...deals]) {
    const visit = visits.get(draft.session)
    const path = pathTo(draft, visit ? [...touches, ...touchesOf([visit], [])] : touches)
    const session = draft.session || (draft.kind === 'deal' ? (path.at(-1)?.session ?? '') : '')
    const visitor = draft.visitor || (facts.sessions.own.find((row) => row.id === session)?.visitor ?? '')
    const conversion = { ...draft, session, visitor, touches: path.length, uncredited: whyUncredited(path, touches) }
    result.conversions.push(conversion)
    result.touchpoints.push(...touchpointsOf(conversion, path))
  }
  return result
}

/**
 * The visits of nobody in which requests of this person were made, by id: that several people wrote in there says nothing
 * against where each request came from.
 */
function nobodysVisits({ leads, sessions }: PersonFacts): Map<string, HistoryRow<'sessions'>> {
  const visits = new Map<string, HistoryRow<'sessions'>>()
  for (const lead of leads) {
    const session = sessionOfRequest(lead, sessions)
    if (session?.person === '' && session.bot === 0) visits.set(session.id, session)
  }
  return visits
}

/** A person known only by what came after it began before there was a tracker to see, or elsewhere. */
function whyUncredited(path: readonly unknown[], touches: readonly unknown[]): string {
  if (path.length > 0) return ''
  return touches.length > 0 ? 'before_tracking' : 'no_touches'
}

function ofCall(
  call: HistoryRow<'call_matches'>,
  { rules, annotations, sessions, site, person, known }: PersonFacts,
): AskedDraft {
  const { id, at, status, talk, to, pool, session, visitor } = call
  const isLong = status === 'answered' && talk >= rules.target_call_seconds
  const row = session === '' ? undefined : sessions.own.find((own) => own.id === session)
  const conversion = {
    ...blank,
    ...{ site, person, kind: 'lead', fact: 'call', id, at, status, talk, pool, session, visitor },
    lead_kind: 'call',
    number: to,
    project: row?.project ?? '',
    ...judge(annotations.get(`call\n${id}`) ?? [], isLong),
  }
  return askedByCall(conversion, call, { session: row, known: known.get(id), blocked: rules.blocked })
}

function ofLead(lead: MergedLead, { sessions, rules, annotations, site, person }: PersonFacts): AskedDraft {
  const { id, form, messages, ids, same } = lead
  const [message] = messages
  const session = sessionOfRequest(lead, sessions)
  const said = (field: 'visitor' | 'session' | 'url') => messages.find((one) => one[field] !== '')?.[field] ?? ''
  const conversion = {
    ...blank,
    ...{ site, person, kind: 'lead', fact: 'lead', id, at: form?.at ?? message?.at ?? 0 },
    lead_kind: form ? 'form' : (message?.kind ?? 'other'),
    visitor: form?.visitor || said('visitor') || (session?.visitor ?? ''),
    session: session?.id ?? said('session'),
    project: projectOf(form?.url || said('url'), rules.projects) || (session?.project ?? ''),
    also: ids.slice(1),
    same: same.length === 0 ? '' : JSON.stringify(same),
    message: message?.id ?? '',
    ...judge(
      ids.flatMap((one) => annotations.get(`lead\n${one}`) ?? []),
      false,
    ),
  }
  return askedByLead(conversion, lead, { session, blocked: rules.blocked })
}

function sessionOfRequest({ form, messages }: MergedLead, sessions: SessionIndex): HistoryRow<'sessions'> | undefined {
  if (form) return sessionOfForm(form, sessions)
  return messages.map((said) => sessionOfLead(said, sessions)).find((found) => found !== undefined)
}

function sessionOfForm(form: Fact<'events'>, sessions: SessionIndex): HistoryRow<'sessions'> | undefined {
  return form.session === '' ? sessions.ofVisitorAt(form.visitor, form.at) : sessions.at(form.session, form.at)
}

/** As the sender says; else the visit of the named browser that was going on. */
function sessionOfLead(lead: Fact<'leads'>, sessions: SessionIndex): HistoryRow<'sessions'> | undefined {
  if (lead.session !== '') return sessions.at(lead.session, lead.at)
  const { visitor, ga, ym } = lead
  const last = sessions.lastOf(
    (row) =>
      (visitor !== '' && row.visitor === visitor) || (ga !== '' && row.ga === ga) || (ym !== '' && row.ym === ym),
    lead.at,
  )
  return last && lead.at - last.ended_at <= SILENCE_MAX_MS ? last : undefined
}

function ofDeal(
  { deal, created_at, closed_at }: DealState,
  { site, person, rules }: PersonFacts,
  leads: readonly Conversion[],
): Conversion {
  const names = (lead: Conversion) => lead.id === deal.lead || lead.also.includes(deal.lead)
  const source =
    leads.find((lead) => lead.fact === 'call' && lead.id === deal.call && deal.call !== '') ??
    leads.find((lead) => lead.fact === 'lead' && deal.lead !== '' && names(lead))
  return {
    ...blank,
    ...{ site, person, kind: 'deal', fact: 'deal', id: deal.id, at: created_at, closed_at, status: deal.status },
    stage: deal.stage ?? '',
    reason: deal.reason ?? '',
    manager: deal.manager ?? '',
    project: deal.project || projectOf(deal.url ?? '', rules.projects),
    value: deal.amount,
    currency: deal.currency ?? '',
    visitor: source?.visitor || deal.visitor,
    session: source?.session ?? '',
  }
}

function seenDeal({ deal, created_at }: DealState) {
  const { id, status, reason, call, lead } = deal
  return { id, status, reason: reason ?? '', created_at, call, lead }
}

/** A person's newest word wins over the rules; both are kept. */
function judge(
  annotations: readonly Fact<'annotations'>[],
  byRule: boolean,
): Pick<Conversion, 'verdict' | 'target_auto' | 'target'> {
  const verdict = newestVerdict(annotations)
  const target = verdict === '' ? byRule : verdict === 'target'
  return { verdict, target_auto: Number(byRule), target: Number(target) }
}

/** A request is a first one when the person made none within the window before it. */
function markFirst(leads: Conversion[], repeat_lead_days: number): void {
  let previous_ms = Number.NEGATIVE_INFINITY
  for (const lead of leads) {
    lead.first = lead.at - previous_ms > repeat_lead_days * DAY_MS ? 1 : 0
    previous_ms = lead.at
  }
}

const blank = {
  ...{ site: '', kind: '', fact: '', id: '', at: 0, closed_at: null, lead_kind: '', status: '', stage: '', reason: '' },
  ...{ manager: '', project: '', value: null, currency: '', person: '', visitor: '', session: '', first: 0, target: 0 },
  ...{ talk: 0, number: '', pool: '', touches: 0, also: [], same: '', message: '', verdict: '', target_auto: 0 },
  ...{ uncredited: '', fraud_score: 0, fraud_signs: '', fraud_keys: [] },
} satisfies Conversion
