import { projectOf } from '#domain/project.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import { SILENCE_MAX_MS } from '../sessions/cut-sessions.ts'
import type { SessionIndex } from '../sessions/session-index.ts'
import type { SiteRules } from '../site-rules.ts'
import type { DealState } from './newest.ts'
import { pathTo, touchesOf, touchpointsOf } from './path.ts'

type Conversion = HistoryRow<'conversions'>

/** All that a person's conversions are made of. */
export interface PersonFacts {
  site: string
  person: string
  sessions: SessionIndex
  calls: readonly HistoryRow<'call_matches'>[]
  /** A request by its id: the form event, the message about it, or both. */
  leads: ReadonlyMap<string, { form?: Fact<'events'> | undefined; lead?: Fact<'leads'> | undefined }>
  deals: readonly DealState[]
  /** The newest verdict by `call\nid` or `lead\nid`. */
  verdicts: ReadonlyMap<string, string>
  rules: SiteRules
}

export interface PersonConversions {
  conversions: Conversion[]
  touchpoints: HistoryRow<'touchpoints'>[]
}

const DAY_MS = 86_400_000

/** A person's leads and deals, each with the path that led to it. */
export function deriveConversions(facts: PersonFacts): PersonConversions {
  const leads = [
    ...facts.calls.filter((call) => call.direction !== 'out').map((call) => ofCall(call, facts)),
    ...[...facts.leads].map(([id, said]) => ofLead(id, said, facts)),
  ].toSorted((a, b) => a.at - b.at || compareText(a.fact, b.fact) || compareText(a.id, b.id))
  markFirst(leads, facts.rules.repeat_lead_days)
  const touches = touchesOf(facts.sessions.own, facts.calls)
  const deals = facts.deals.map((state) => ofDeal(state, facts, leads))
  const result: PersonConversions = { conversions: [], touchpoints: [] }
  for (const draft of [...leads, ...deals]) {
    const path = pathTo(draft, touches)
    const session = draft.session || (draft.kind === 'deal' ? (path.at(-1)?.session ?? '') : '')
    const visitor = draft.visitor || (facts.sessions.own.find((row) => row.id === session)?.visitor ?? '')
    const conversion = { ...draft, session, visitor, touches: path.length }
    result.conversions.push(conversion)
    result.touchpoints.push(...touchpointsOf(conversion, path))
  }
  return result
}

function ofCall(
  call: HistoryRow<'call_matches'>,
  { rules, verdicts, sessions, site, person }: PersonFacts,
): Conversion {
  const { id, at, status, talk, to, pool, session, visitor } = call
  const isLong = status === 'answered' && talk >= rules.target_call_seconds
  return {
    ...blank,
    ...{ site, person, kind: 'lead', fact: 'call', id, at, status, talk, pool, session, visitor },
    lead_kind: 'call',
    number: to,
    project: sessions.own.find((row) => row.id === session)?.project ?? '',
    target: isTarget(verdicts.get(`call\n${id}`), isLong),
  }
}

function ofLead(
  id: string,
  { form, lead }: { form?: Fact<'events'> | undefined; lead?: Fact<'leads'> | undefined },
  { sessions, rules, verdicts, site, person }: PersonFacts,
): Conversion {
  const at = form?.at ?? lead?.at ?? 0
  const session = form ? sessionOfForm(form, sessions) : lead && sessionOfLead(lead, sessions)
  return {
    ...blank,
    ...{ site, person, kind: 'lead', fact: 'lead', id, at },
    lead_kind: form ? 'form' : (lead?.kind ?? 'other'),
    visitor: form?.visitor || lead?.visitor || (session?.visitor ?? ''),
    session: session?.id ?? lead?.session ?? '',
    project: projectOf(form?.url || lead?.url || '', rules.projects) || (session?.project ?? ''),
    target: isTarget(verdicts.get(`lead\n${id}`), false),
  }
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
  const source =
    leads.find((lead) => lead.fact === 'call' && lead.id === deal.call && deal.call !== '') ??
    leads.find((lead) => lead.fact === 'lead' && lead.id === deal.lead && deal.lead !== '')
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

function isTarget(verdict: string | undefined, byRule: boolean): number {
  if (verdict === 'target') return 1
  return verdict === undefined || verdict === '' ? Number(byRule) : 0
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
  ...{ talk: 0, number: '', pool: '', touches: 0 },
} satisfies Conversion
