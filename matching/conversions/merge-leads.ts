import type { Fact } from '../facts/fact-rows.ts'
import { compareText } from '../receipt.ts'
import { type LeadFacts, requestOf } from './read-requests.ts'
import { namedByBoth } from './same-request.ts'

/** A person's request with all that was said of it, under whatever ids. */
export interface MergedLead {
  /** The form's; else that of the message told first. */
  id: string
  form: Fact<'events'> | undefined
  /** The messages that count, one of each id: the one that tells of the lead first. */
  messages: readonly Fact<'leads'>[]
  /** All ids, the lead's own first. */
  ids: readonly string[]
  /** Why the other ids are the same request. */
  same: readonly Sameness[]
}

export interface Sameness {
  id: string
  same_as: string
  rule: 'resent_form' | 'message_of_form' | 'resent_message'
  by: string[]
  apart_ms: number
}

/** Puts leads together that are one request: `sameAs` leads from the one that repeats to the one repeated. */
export function mergeLeads(leads: ReadonlyMap<string, LeadFacts>, sameAs: ReadonlyMap<string, string>): MergedLead[] {
  const merged = new Map<string, string[]>()
  for (const id of leads.keys()) {
    const root = rootOf(id, leads, sameAs)
    const ids = merged.get(root)
    if (ids) ids.push(id)
    else merged.set(root, [id])
  }
  return [...merged].map(([root, ids]) => mergeOne(root, ids, leads, sameAs))
}

function rootOf(id: string, leads: ReadonlyMap<string, LeadFacts>, sameAs: ReadonlyMap<string, string>): string {
  let root = id
  // A repeat leads to an earlier request or to a form, so there is an end; of another person it is not followed.
  for (let next = sameAs.get(root); next !== undefined && leads.has(next); next = sameAs.get(root)) root = next
  return root
}

function mergeOne(
  root: string,
  ids: readonly string[],
  leads: ReadonlyMap<string, LeadFacts>,
  sameAs: ReadonlyMap<string, string>,
): MergedLead {
  const { form } = leads.get(root) as LeadFacts
  const at = (id: string) => requestOf(id, leads.get(id) as LeadFacts).at
  const root_at = at(root)
  const sorted = ids.toSorted(
    (a, b) =>
      Number(b === root) - Number(a === root) ||
      Math.abs(at(a) - root_at) - Math.abs(at(b) - root_at) ||
      compareText(a, b),
  )
  return {
    id: root,
    form,
    messages: sorted.flatMap((id) => leads.get(id)?.lead ?? []),
    ids: sorted,
    same: sorted.flatMap((id) => {
      const other = sameAs.get(id)
      return other === undefined || !leads.has(other) ? [] : [samenessOf(id, other, leads)]
    }),
  }
}

function samenessOf(id: string, same_as: string, leads: ReadonlyMap<string, LeadFacts>): Sameness {
  const [one, other] = [id, same_as].map((name) => requestOf(name, leads.get(name) as LeadFacts)) as [
    ReturnType<typeof requestOf>,
    ReturnType<typeof requestOf>,
  ]
  const rule = one.isForm ? 'resent_form' : other.isForm ? 'message_of_form' : 'resent_message'
  return { id, same_as, rule, by: namedByBoth(one, other), apart_ms: one.at - other.at }
}
