import type { Identifier } from './find-person.ts'

/** A fact that names two identifiers, as the table `edges` has it. */
export interface Edge {
  a_kind: string
  a_value: string
  b_kind: string
  b_value: string
  fact: string
  fact_id: string
  at: string
  received_at: string
  claimed: number
  joins: number
  reason: string
}

export interface Step {
  from: Identifier
  to: Identifier
  edge: Edge
}

type Named = Pick<Identifier, 'kind' | 'value'>

/** Why an edge does not join, where it says nothing of the two being one person. */
const noLinks = new Set(['alone', 'bot', 'junk', 'apart', 'apart_overruled'])

/**
 * The chain of facts from one side to the other that crosses the fewest facts which do not join; of such the shortest, and
 * of equals the one known first (`edges` come in the order of their receipt). Undefined when no facts lead across.
 */
export function findChain(edges: readonly Edge[], from: readonly Named[], to: readonly Named[]): Step[] | undefined {
  const around = stepsAround(edges.filter(({ reason }) => !noLinks.has(reason)))
  const goals = new Set(to.map(nameOf))
  const reached = new Map<string, Step | undefined>(from.map((one) => [nameOf(one), undefined]))
  let front = [...reached.keys()]
  while (front.length > 0) {
    // Names put into the list while it is walked are walked too: that is the queue.
    for (const name of front) {
      if (goals.has(name)) return walkBack(reached, name)
      for (const step of around.get(name) ?? []) {
        if (step.edge.joins !== 1 || reached.has(nameOf(step.to))) continue
        reached.set(nameOf(step.to), step)
        front.push(nameOf(step.to))
      }
    }
    front = crossings(reached, around)
  }
  return undefined
}

/** Where one more fact that does not join leads to. */
function crossings(reached: Map<string, Step | undefined>, around: ReadonlyMap<string, Step[]>): string[] {
  const found = new Map<string, Step>()
  for (const name of reached.keys()) {
    for (const step of around.get(name) ?? []) {
      const next = nameOf(step.to)
      if (!reached.has(next) && !found.has(next)) found.set(next, step)
    }
  }
  for (const [name, step] of found) reached.set(name, step)
  return [...found.keys()]
}

function stepsAround(edges: readonly Edge[]): Map<string, Step[]> {
  const around = new Map<string, Step[]>()
  const add = (step: Step) => {
    const steps = around.get(nameOf(step.from))
    if (steps) steps.push(step)
    else around.set(nameOf(step.from), [step])
  }
  for (const edge of edges) {
    // The table holds only kinds that matching wrote there.
    const a = { kind: edge.a_kind, value: edge.a_value } as Identifier
    const b = { kind: edge.b_kind, value: edge.b_value } as Identifier
    add({ from: a, to: b, edge })
    add({ from: b, to: a, edge })
  }
  return around
}

function walkBack(reached: ReadonlyMap<string, Step | undefined>, end: string): Step[] {
  const chain: Step[] = []
  for (let step = reached.get(end); step; step = reached.get(nameOf(step.from))) chain.unshift(step)
  return chain
}

/** One text for an identifier. */
export function nameOf({ kind, value }: Named | { kind: string; value: string }): string {
  return `${kind}\n${value}`
}
