import type { Edge, Vertex } from '#matching/identity/edge.ts'
import type { SiteState } from '#matching/identity/site-state.ts'

/** All that memory holds of a site, in one order: two memories of the same history say the same. */
export function dumpSite({ graph, names, blocked }: SiteState): object {
  const vertices = [...graph.vertices.values()].map((vertex) => ({
    ...{
      name: nameOf(vertex),
      person: vertex.person,
      because: edgeName(vertex.because),
      first: edgeName(vertex.first),
    },
    ...{ shared: vertex.shared, crowded: vertex.crowded, candidates: vertex.candidates, blocked: vertex.blocked },
    ...{ isStaff: vertex.isStaff, listed: vertex.listed, edges: vertex.edges.map(edgeText).sort() },
  }))
  graph.settle()
  return {
    vertices: vertices.map((one) => JSON.stringify(one)).sort(),
    names: (names.all(Number.POSITIVE_INFINITY) ?? []).map((one) => JSON.stringify(one)).sort(),
    hands: graph.hands.map(edgeText).sort(),
    blocked: [...blocked].sort(),
  }
}

function nameOf({ kind, value }: Vertex): string {
  return `${kind}:${value}`
}

function edgeName(edge: Edge | undefined): string {
  return edge ? `${nameOf(edge.a)} ${nameOf(edge.b)} ${edge.fact} ${edge.fact_id}` : ''
}

function edgeText(edge: Edge): string {
  const { at, received_at, node, segment, row, claimed, name, candidate, joins, reason } = edge
  return JSON.stringify([
    edgeName(edge),
    { at, received_at, node, segment, row, claimed, name, candidate, joins, reason },
  ])
}
