import { type UpdateCallsContext, type UpdatedCalls, updateCalls } from '../calls/update-calls.ts'
import { messagesById } from '../facts/read-facts.ts'
import type { Touched } from '../facts/touched.ts'
import { dealClaims, leadClaims } from '../identity/fact-claims.ts'
import { dealState, newestMessage } from './newest.ts'

/**
 * Tells the graph what the touched calls, leads and deals say now, and which sessions the leases give the calls to. Calls
 * that are decided otherwise because of it are added to `touched`.
 */
export async function updateFacts(context: UpdateCallsContext, touched: Touched): Promise<UpdatedCalls> {
  const { store, graph, names } = context
  const { site } = graph
  const bearer = (session: string) => names.pieceOf(session)
  const [calls, leads, deals] = await Promise.all([
    updateCalls(context, touched),
    messagesById(store, 'leads', site, touched.leads),
    messagesById(store, 'deals', site, touched.deals),
  ])
  // Of what is not found any more everything is taken back: its messages were removed.
  for (const id of touched.leads) {
    const messages = leads.get(id) ?? []
    const lead = newestMessage(messages)
    graph.replaceFact('lead', id, 'lead', lead ? leadClaims(lead, messages, bearer) : [])
  }
  for (const id of touched.deals) {
    const messages = deals.get(id) ?? []
    const state = dealState(messages)
    graph.replaceFact('deal', id, 'deal', state ? dealClaims(state.deal, messages) : [])
  }
  return calls
}
