import type { PieceCounts } from '../sessions/place-sessions.ts'
import { Graph } from './graph.ts'

/** What matching keeps in memory of one site. */
export interface SiteState {
  graph: Graph
  counts: PieceCounts
  /** The company's own identifiers the graph was last told of. */
  blocked: ReadonlySet<string>
}

export function openSite(site: string): SiteState {
  return { graph: new Graph(site), counts: new Map(), blocked: new Set() }
}
