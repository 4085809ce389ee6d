import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { edgeFacts, edgeReasons } from '../edge.ts'
import { PackedGraph, type Place } from './packed-graph.ts'

type Kind = 'visitor' | 'session' | 'lead'

const change = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'remove'),
  a: fc.nat({ max: 40 }),
  b: fc.nat({ max: 40 }),
  id: fc.nat({ max: 50 }),
  after_ms: fc.constantFrom(0, 900, -40, 3_000_000_000, -0.5),
  fact: fc.constantFrom(...edgeFacts),
  reason: fc.constantFrom(...edgeReasons),
})

const kindOf = (number: number): Kind => (['visitor', 'session', 'lead'] as const)[number % 3] as Kind
/** Some are longer than one byte says. */
const nameOf = (number: number) => `${'имя-'.repeat(number % 4 === 3 ? 60 : number % 4)}${number}`

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

/** Makes changes as a step does; an identifier without edges goes. */
function apply(packed: PackedGraph, changes: readonly Change[]): void {
  const edges: Place[] = []
  const vertex = (number: number) =>
    packed.find(kindOf(number), nameOf(number)) || packed.addVertex(kindOf(number), nameOf(number))
  changes.forEach(({ what, a, b, id, after_ms, fact, reason }, index) => {
    if (what === 'remove' && edges.length > 0) {
      const [gone] = edges.splice(id % edges.length, 1) as [Place]
      const ends = packed.endsOf(gone)
      packed.removeEdge(gone)
      for (const end of new Set(ends)) if (!packed.hasMoreEdgesThan(end, 0)) packed.removeVertex(end)
      return
    }
    const at = 1_700_000_000_000 + index
    const said = { fact, at: at + after_ms, received_at: at, node: `n${id % 5}`, segment: id, row: index, name: id % 7 }
    const flags = { claimed: id % 2 === 0, candidate: true, joins: id % 4 === 0, reason }
    const ends = { a: vertex(a), b: vertex(b) }
    const place = packed.addEdge({ ...ends, fact_id: id % 3 === 0 ? nameOf(a) : `fact-${id}`, ...said, ...flags })
    packed.setFirst(ends.a, place)
    packed.setCandidates(ends.a, id % 2 === 0 ? [`p${id}`] : [])
    packed.setWalls(ends.b, { crowded: undefined, shared: id % 3 === 0 ? { rule: 'uses', max: id } : undefined })
    edges.push(place)
  })
}

/** All that it holds, by its places. */
function dump(packed: PackedGraph): object[] {
  return [...packed.places()].map((place) => ({
    ...{ place, kind: packed.kindOf(place), value: packed.valueOf(place), state: packed.stateOf(place) },
    ...{ first: packed.firstOf(place), because: packed.becauseOf(place), walls: packed.wallsOf(place) },
    candidates: packed.candidatesOf(place),
    found: packed.find(packed.kindOf(place), packed.valueOf(place)),
    edges: [...packed.edgesAt(place)].map((edge) => [
      ...[edge, packed.endsOf(edge), packed.factIdOf(edge), packed.readEdge(edge)],
    ]),
  }))
}

/** Reads pieces one behind the other, as a file is read. */
function fillFrom(pieces: readonly { bytes: Uint8Array }[]): (into: readonly Uint8Array[]) => Promise<void> {
  const all = Buffer.concat(pieces.map(({ bytes }) => bytes))
  let at = 0
  return async (into) => {
    for (const one of into) {
      one.set(all.subarray(at, at + one.length))
      at += one.length
    }
  }
}

const changes = fc.array(change, { minLength: 20, maxLength: 100 })

describe('a packed graph', () => {
  test('that was frozen is what it was then, whatever was changed meanwhile', async () => {
    let seen = 0
    await fc.assert(
      fc.asyncProperty(changes, changes, changes, async (before, meanwhile, after) => {
        const packed = new PackedGraph({ waste_bytes_min: 64 })
        apply(packed, before)
        const then = dump(packed)
        const { pieces, told } = packed.freeze()
        apply(packed, meanwhile)
        const now = dump(packed)
        const filled = new PackedGraph({ waste_bytes_min: 64 })
        await filled.fill(structuredClone(told), fillFrom(pieces))
        expect(dump(filled)).toEqual(then)
        expect([filled.vertexCount, filled.edgeCount]).toEqual([then.length, told.edge_end - 1 - told.free_edges])
        for (const { free } of pieces) free()
        expect(dump(packed)).toEqual(now)
        apply(filled, after)
        expect(dump(filled).length).toBeGreaterThan(0)
        seen += then.length
      }),
      { numRuns: 50 },
    )
    expect(seen).toBeGreaterThan(500)
  })

  test('holds no text of what was removed once it is wiped', () => {
    const packed = new PackedGraph()
    const kept = packed.addVertex('visitor', 'somebody-else')
    const said = {
      fact: 'event',
      at: 1,
      received_at: 1,
      node: 'n',
      segment: 0,
      row: 0,
      name: 0,
      claimed: true,
    } as const
    const join = (b: Place, fact_id: string) =>
      packed.addEdge({ a: kept, b, fact_id, ...said, candidate: true, joins: true, reason: 'joined' })
    const gone = packed.addVertex('phone', '+79261234567')
    const [one, other] = [join(gone, 'the-event'), join(packed.addVertex('session', 's1'), 'the-event')]
    packed.removeEdge(one)
    packed.removeVertex(gone)
    const texts = () => {
      const { pieces } = packed.freeze()
      for (const { free } of pieces) free()
      return Buffer.concat(pieces.map(({ bytes }) => bytes)).toString()
    }
    expect(texts()).not.toContain('+79261234567')
    expect(packed.factIdOf(other)).toBe('the-event')
    packed.removeEdge(other)
    expect(texts()).not.toContain('the-event')
    expect(texts()).toContain('somebody-else')
  })

  test('holds what was added and not removed, and gives back its room', () => {
    let seen = 0
    fc.assert(
      fc.property(fc.array(change, { minLength: 50, maxLength: 200 }), (changes) => {
        const packed = new PackedGraph({ waste_bytes_min: 64 })
        const model = new Map<Place, { ends: string[]; said: object; fact_id: string }>()
        const vertex = (number: number) =>
          packed.find(kindOf(number), nameOf(number)) || packed.addVertex(kindOf(number), nameOf(number))
        const name = (place: Place) => `${packed.kindOf(place)} ${packed.valueOf(place)}`
        changes.forEach(({ what, a, b, id, after_ms, fact, reason }, index) => {
          const [gone] = [...model.keys()].slice(id % Math.max(1, model.size))
          if (what === 'remove' && gone !== undefined) {
            const ends = packed.endsOf(gone)
            packed.removeEdge(gone)
            model.delete(gone)
            for (const end of new Set(ends)) if (!packed.hasMoreEdgesThan(end, 0)) packed.removeVertex(end)
            return
          }
          const fact_id = id % 3 === 0 ? nameOf(a) : `fact-${id}`
          const said = {
            ...{ fact, received_at: 1_700_000_000_000 + index, node: `n${id % 5}`, segment: id },
            ...{ at: 1_700_000_000_000 + index + after_ms, row: index, claimed: id % 2 === 0, candidate: true },
            ...{ joins: id % 4 === 0, reason, name: id % 7 },
          }
          const ends = [vertex(a), vertex(b)] as const
          const place = packed.addEdge({ a: ends[0], b: ends[1], fact_id, ...said })
          model.set(place, { ends: ends.map(name), said, fact_id })
        })
        const around = new Map<string, number[]>()
        for (const [place, { ends, said, fact_id }] of model) {
          seen += 1
          expect(packed.endsOf(place).map(name)).toEqual(ends)
          expect(packed.readEdge(place)).toEqual(said)
          expect(packed.factIdOf(place)).toBe(fact_id)
          for (const end of new Set(ends)) around.set(end, [...(around.get(end) ?? []), place])
        }
        expect(packed.edgeCount).toBe(model.size)
        expect(packed.vertexCount).toBe(around.size)
        for (let number = 0; number <= 40; number++) {
          const place = packed.find(kindOf(number), nameOf(number))
          const places = around.get(`${kindOf(number)} ${nameOf(number)}`)
          expect(place !== 0).toBe(places !== undefined)
          if (places) expect([...packed.edgesAt(place)].sort((x, y) => x - y)).toEqual(places.sort((x, y) => x - y))
        }
      }),
      { numRuns: 100 },
    )
    expect(seen).toBeGreaterThan(2_000)
  })

  test('finds each of many', () => {
    const packed = new PackedGraph()
    const places = Array.from({ length: 20_000 }, (_, number) => packed.addVertex('visitor', `v${number}`))
    expect(new Set(places).size).toBe(20_000)
    for (let number = 0; number < 20_000; number++) {
      expect(packed.find('visitor', `v${number}`)).toBe(places[number])
    }
    expect(packed.find('session', 'v1')).toBe(0)
    expect(packed.find('visitor', 'v20000')).toBe(0)
  })
})
