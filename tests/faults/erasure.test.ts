import { afterEach, expect, test } from 'vitest'
import { formatPosition, joinPositions, parsePosition } from '#domain/position.ts'
import { openStore } from '#storage/client.ts'
import { cleanUpQuickly } from '../support/quick-cleanup.ts'
import { type RunningService, removeDataFolder, runService, waitUntil } from '../support/running-service.ts'
import { whereFound } from '../support/where-found.ts'

let service: RunningService | undefined

afterEach(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
  service = undefined
})

const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

async function visit(name: string, phone: string): Promise<string> {
  const page = { type: 'page', at: new Date().toISOString(), url: 'http://localhost/demo/' }
  const form = { type: 'form', at: page.at, url: page.url, form: { id: 'order', fields: { name, phone } } }
  const events = [
    { id: `page-${name}`, ...page },
    { id: `form-${name}`, ...form },
  ]
  const seen = { site: 'demo', visitor: `visitor-${name}`, session: `session-${name}`, user_agent: browser, events }
  const { position } = await ask('POST', '/v1/events', seen)
  const deal = {
    site: 'demo',
    id: `deal-${name}`,
    at: page.at,
    status: 'open',
    amount: 100,
    contact: { phones: [phone], name },
  }
  const bought = await ask('POST', '/v1/deals', deal)
  // Both: the deal may land before the visit.
  return formatPosition(joinPositions(parsePosition(position) ?? [], parsePosition(bought.position) ?? []))
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, and a wrong one fails the test.
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await (service as RunningService).api(method, path, body)
  expect([path, answer.status]).toEqual([path, method === 'POST' ? 202 : 200])
  return answer.body
}

test('a person is erased to the last byte, though everything is killed meanwhile, and the others stay', async () => {
  service = await runService()
  const { clickhouse } = await service.control()
  const store = openStore(clickhouse)
  await cleanUpQuickly(store)
  await store.close()
  await visit('Annabella', '8 (916) 111-22-33')
  const position = await visit('Boris', '8 (916) 999-88-77')
  const before = await ask('GET', `/v1/persons?site=demo&visitor=visitor-Boris&after=${position}`)
  const { id } = await ask('POST', '/v1/erasures', { site: 'demo', phone: '+7 916 111 22 33' })

  const progress = () => ask('GET', `/v1/erasures/${id}`)
  await waitUntil(
    async () => (await progress()).state !== 'waiting',
    60_000,
    () => 'The erasure did not begin',
  )
  await service.killAll()
  service = await runService({ dir: service.dir })
  await waitUntil(
    async () => (await progress()).done_at !== null,
    120_000,
    () => 'The erasure did not end',
  )
  expect(await progress()).toMatchObject({ state: 'done', counts: { events: 2, deals: 1 } })
  const after = await service.control()
  const again = openStore(after.clickhouse)
  const { found, columns } = await whereFound(again, ['9161112233', '111-22-33', 'Annabella'])
  expect(found).toEqual([])
  expect(columns).toBeGreaterThan(150)
  await again.close()
  expect(await ask('GET', '/v1/persons?site=demo&visitor=visitor-Boris')).toEqual(before)
  const unknown = await service.api('GET', '/v1/persons?site=demo&visitor=visitor-Annabella')
  expect(unknown.status).toBe(404)
})
