import { nameMark } from '#domain/full-name.ts'
import { isJunk } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { messagesById, readForms } from '../facts/read-facts.ts'
import { otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import { compareReceipts } from '../receipt.ts'
import { visitorsOf } from '../sessions/derive-sessions.ts'
import { newestMessage } from './newest.ts'
import type { Request } from './same-request.ts'

/** What was said under the id of one lead. */
export interface LeadFacts {
  /** The form that began it. */
  form?: Fact<'events'> | undefined
  /** The message that counts. */
  lead?: Fact<'leads'> | undefined
  /** All messages, the first received first. */
  messages: readonly Fact<'leads'>[]
}

/** The facts of these leads, by their ids. An id of which nothing is left is not among them. */
export async function readLeads(store: Store, graph: Graph, ids: Iterable<string>): Promise<Map<string, LeadFacts>> {
  const wanted = new Set(ids)
  const visitors = [...wanted].flatMap((id) => visitorsOfForm(graph.find('lead', id)))
  const [messages, forms] = await Promise.all([
    messagesById(store, 'leads', graph.site, wanted),
    readForms(store, graph.site, visitors, wanted),
  ])
  const firstForms = new Map<string, Fact<'events'>>()
  for (const form of forms.sort(compareReceipts)) {
    if (!firstForms.has(form.id) && beganLead(graph, form)) firstForms.set(form.id, form)
  }
  const leads = new Map<string, LeadFacts>()
  for (const id of wanted) {
    const form = firstForms.get(id)
    const said = (messages.get(id) ?? []).toSorted(compareReceipts)
    const lead = newestMessage(said)
    if (form || lead) leads.set(id, { form, lead, messages: said })
  }
  return leads
}

/** A lead as the rule of same requests looks at it. It happened when it was first told: a later version is no later request. */
export function requestOf(id: string, { form, lead, messages }: LeadFacts): Request {
  const said = [form, lead].filter((fact) => fact !== undefined)
  const first = (field: 'visitor' | 'session' | 'ga' | 'ym') => said.find((fact) => fact[field] !== '')?.[field] ?? ''
  const all = (kind: 'phone' | 'email') => [
    ...new Set(said.map((fact) => fact[kind]).filter((value) => value !== '' && !isJunk(kind, value))),
  ]
  const told_at = messages[0]?.at ?? 0
  const visitor = first('visitor')
  return {
    ...{ id, isForm: form !== undefined, kind: form ? 'form' : (lead?.kind ?? 'other'), at: form?.at ?? told_at },
    ...{
      visitor: isJunk('visitor', visitor) ? '' : visitor,
      session: first('session'),
      ga: first('ga'),
      ym: first('ym'),
    },
    ...{ user: form?.user ?? '', phones: all('phone'), emails: all('email') },
    name: nameMark(form?.contact_name || lead?.name || ''),
    ...{ form_id: form?.form_id ?? '', url: form?.url || lead?.url || '' },
    message: form && lead ? { kind: lead.kind, at: told_at } : undefined,
  }
}

/** The sender's sessions (or visitors without one) whose events began this lead, by their keys. */
function homesOf(lead: Vertex | undefined): Vertex[] {
  return (lead?.edges ?? [])
    .filter((edge) => edge.fact === 'event')
    .map((edge) => otherEnd(edge, lead as Vertex))
    .filter((other) => other.kind === 'visitor' || other.kind === 'session')
}

/** Whose events to look through for the form a lead began with. */
function visitorsOfForm(lead: Vertex | undefined): string[] {
  return homesOf(lead).flatMap((home) => (home.kind === 'visitor' ? [home.value] : visitorsOf(home)))
}

/** Copies of a form that the graph was not told of began nothing. */
function beganLead(graph: Graph, form: Fact<'events'>): boolean {
  const [kind, value] = form.session === '' ? ['visitor', form.visitor] : ['session', form.session]
  return homesOf(graph.find('lead', form.id)).some((home) => home.kind === kind && home.value === value)
}
