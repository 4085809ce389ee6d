import type { IdentifierKind } from '#domain/identifier.ts'
import { ProviderClocks } from '../calls/provider-clocks.ts'
import type { Judging } from '../conversions/judged-otherwise.ts'
import { nothingTouched, type Touched, touchSession } from '../facts/touched.ts'
import type { KeyCounts } from '../fraud/key-counts.ts'
import { sessionKey } from '../sessions/session-index.ts'
import { SessionNames } from '../sessions/session-names.ts'
import { Graph } from './graph.ts'
import type { SaidByHand } from './hands.ts'
import type { Purged } from './identity-rows.ts'

/** What matching keeps in memory of one site. */
export interface SiteState {
  graph: Graph
  names: SessionNames
  clocks: ProviderClocks
  /** The company's own identifiers the graph was last told of. */
  blocked: ReadonlySet<string>
  /** The settings by which all requests of the history are known to be judged; undefined when that is to be looked up. */
  judging: Judging | undefined
  /** What was said by hand about who is one person; undefined when it is to be read. */
  hands: readonly SaidByHand[] | undefined
  /** What a step that was broken off had begun to write: looked at again in the next one. */
  unfinished: Touched | undefined
  /** What has just been removed from the tables themselves. */
  purged: Purged | undefined
  /** How many requests bear each key of fraud; undefined until it is needed, and after rows were removed. */
  requests: KeyCounts | undefined
}

export function openSite(site: string): SiteState {
  const nothing = {
    judging: undefined,
    hands: undefined,
    unfinished: undefined,
    purged: undefined,
    requests: undefined,
  }
  return {
    graph: new Graph(site),
    names: new SessionNames(),
    clocks: new ProviderClocks(),
    blocked: new Set(),
    ...nothing,
  }
}

/** Asks for everything around these rows to be worked out again, and taken back where nothing bears it out. */
export function lookAgain(state: SiteState, rows: Iterable<{ kind: string; value: string }>): void {
  const touched = state.unfinished ?? nothingTouched()
  for (const { kind, value } of rows) {
    if (kind === 'clock') {
      touched.clocks.add(value)
      continue
    }
    // Tables hold only kinds that matching wrote there.
    state.graph.force(kind as IdentifierKind, value)
    if (kind === 'session') touched.sessions.set(sessionKey(value), { session: value, visitors: new Set() })
    if (kind === 'visitor') touchSession(touched, '', value)
    if (kind === 'call') touched.calls.add(value)
    if (kind === 'lead') touched.leads.add(value)
    if (kind === 'deal') touched.deals.add(value)
  }
  state.unfinished = touched
}
