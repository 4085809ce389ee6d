import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { recompute } from './recompute.ts'
import { claim, graphOf, type Named, person } from './test-graph.ts'

describe("an employee's browser", () => {
  const claims = [
    claim(1, 'visitor:desk', 'session:s1'),
    claim(2, 'session:s1', 'lead:e2'),
    claim(2, 'lead:e2', 'phone:+79261110001'),
    claim(2, 'session:s1', 'phone:+79261110001'),
    claim(2, 'visitor:desk', 'phone:+79261110001'),
    claim(3, 'visitor:desk', 'email:boss@shop.example'),
  ]
  const boss = ['email\nboss@shop.example', 'phone\n+74950000000']

  test('has visits of its own, and sends what belongs to the client', () => {
    const graph = graphOf(claims, boss)
    expect(person(graph, 'session:s1')).toBe(personId('shop', 'visitor', 'desk'))
    expect(person(graph, 'lead:e2')).toBe(personId('shop', 'phone', '+79261110001'))
    expect(
      graph
        .find('session', 's1')
        ?.edges.map(({ reason }) => reason)
        .sort(),
    ).toEqual(['joined', 'staff', 'staff'])
  })

  test('is known at once and with all its visits when the fact comes last, and forgotten with the setting', () => {
    const graph = graphOf(claims.slice(0, -1), boss)
    expect(person(graph, 'lead:e2')).toBe(personId('shop', 'visitor', 'desk'))
    graph.putEvent(claims.at(-1) as Claim)
    recompute(graph, [])
    expect(person(graph, 'lead:e2')).toBe(personId('shop', 'phone', '+79261110001'))
    graph.setBlocked(new Set())
    recompute(graph, [])
    expect(person(graph, 'lead:e2')).toBe(personId('shop', 'visitor', 'desk'))
  })

  test('is one from which most requests name employees, and not one from which a client sent the address of the company', () => {
    const form = (row: number, phone: Named, email: Named) => [
      claim(row, 'visitor:desk', phone),
      claim(row, 'visitor:desk', email),
      claim(row, 'session:s1', `lead:e${row}`),
      claim(row, phone, `lead:e${row}`),
      claim(row, email, `lead:e${row}`),
    ]
    const client = personId('shop', 'visitor', 'desk')
    const graph = graphOf([...claims.slice(0, 1), ...form(4, 'phone:+79261110001', 'email:boss@shop.example')], boss)
    expect(person(graph, 'phone:+79261110001')).toBe(client)
    for (const one of form(5, 'phone:+79261110002', 'email:boss@shop.example')) graph.putEvent(one)
    recompute(graph, [])
    expect(person(graph, 'phone:+79261110001')).not.toBe(client)
    expect(person(graph, 'phone:+79261110002')).not.toBe(person(graph, 'phone:+79261110001'))
  })

  test('is not every browser that sends a form with the number of the company in it', () => {
    const graph = graphOf([...claims.slice(0, -1), claim(3, 'visitor:desk', 'phone:+74950000000')], boss)
    expect(person(graph, 'lead:e2')).toBe(personId('shop', 'visitor', 'desk'))
  })
})
