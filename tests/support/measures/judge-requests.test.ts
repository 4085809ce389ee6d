import { expect, test } from 'vitest'
import { Truth } from '../world/truth.ts'
import { judgeRequests } from './judge-requests.ts'

test('requests are missing when nothing counts them, doubled when something counts them twice, and not those of bots', () => {
  const truth = new Truth()
  const [person, bot] = [truth.newPerson(), truth.newBot()]
  for (const id of ['e1', 'e2']) truth.conversions.push({ id, kind: 'lead', person, at_ms: 0, revenue: 0 })
  truth.conversions.push({ id: 'd1', kind: 'deal', person, at_ms: 0, revenue: 5 })
  truth.fact(person, [
    ['lead', 'w1'],
    ['lead', 'e1'],
  ])
  truth.fact(bot, [['lead', 'e9']])
  const leads = ['e1', 'w1', 'e9'].map((id) => ({ id, fact: 'lead' }))
  expect(judgeRequests(truth, leads)).toEqual({ requests: 2, missing: 1, doubled: 1 })
})
