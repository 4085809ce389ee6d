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

describe('a packed graph', () => {
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
            for (const end of new Set(ends)) if (packed.edgesOf(end).length === 0) packed.removeVertex(end)
            return
          }
          const fact_id = id % 3 === 0 ? nameOf(a) : `fact-${id}`
          const said = {
            ...{ fact, received_at: 1_700_000_000_000 + index, node: `n${id % 5}`, segment: id },
            ...{ at: 1_700_000_000_000 + index + after_ms, row: index, claimed: id % 2 === 0, candidate: true },
            ...{ joins: id % 4 === 0, reason },
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
          if (places) expect(packed.edgesOf(place).sort((x, y) => x - y)).toEqual(places.sort((x, y) => x - y))
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
