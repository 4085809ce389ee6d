import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { formatPosition, joinPositions, type Position, parsePosition } from '#domain/position.ts'
import { ADMIN_TOKEN, type RunningService, waitUntil } from '../support/running-service.ts'

const home = 'https://shop.example/'
const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

const VISITORS = 40

const phoneOf = (index: number) => `+7916000${String(1000 + index)}`
const hour = (index: number, minute = 0) =>
  new Date(Date.UTC(2024, 2, 1 + (index % 20), 8, minute) + index * 1000).toISOString()

/**
 * A shop with forty visitors from three sources, every second with a form or a call, every fourth with a deal, some with two
 * visits or two browsers. Resolves with the position after which all of it is in the history.
 */
export async function sendWorld(service: RunningService): Promise<string> {
  const projects = [{ id: 'front', name: 'Front', url_prefixes: ['shop.example'] }]
  await service.api('PUT', '/v1/sites/shop', { domains: ['shop.example'], timezone: 'Europe/Moscow', projects })
  // Settings are in force everywhere within two seconds, and projects for what comes from then on.
  await pause(2_500)
  let reached: Position = []
  const write = async (path: string, body: unknown): Promise<void> => {
    const answer = await service.api('POST', path, body)
    expect([path, answer]).toMatchObject([path, { status: 202, body: { rejected_total: 0 } }])
    reached = joinPositions(reached, parsePosition(answer.body.position) ?? [])
  }
  for (let index = 0; index < VISITORS; index++) {
    for (const visit of visitsOf(index)) {
      await write('/v1/events', { site: 'shop', visitor: `v${index}`, user_agent: browser, ...visit })
    }
  }
  const indexes = Array.from({ length: VISITORS }, (_, index) => index)
  await write('/v1/calls', indexes.filter((index) => index % 4 === 1).map(callOf))
  await write('/v1/costs', indexes.slice(0, 20).map(costOf))
  await write(
    '/v1/annotations',
    indexes.slice(0, 12).map((index) => ({
      ...{ site: 'shop', id: `n${index}`, at: hour(index, 50) },
      ...{ on: { kind: 'lead', id: `form${index}` }, verdict: 'target' },
    })),
  )
  await write('/v1/deals', indexes.filter((index) => index % 4 === 0).map(dealOf))
  return formatPosition(reached)
}

function visitsOf(index: number): object[] {
  const source = ['yandex', 'vk', ''][index % 3]
  const url = source === '' ? home : `${home}?utm_source=${source}&utm_medium=cpc&utm_campaign=c${index % 5}`
  const page = (id: string, at: string, address = home) => ({ id, type: 'page', at, url: address })
  const form = { id: 'order', fields: { name: `Person ${index}`, phone: phoneOf(index) } }
  const events = [page(`p${index}`, hour(index), url), page(`q${index}`, hour(index, 3))]
  const first = { session: `s${index}`, events }
  if (index % 2 === 0) {
    Object.assign(first, {
      events: [...events, { id: `form${index}`, type: 'form', at: hour(index, 5), url: home, form }],
    })
  }
  const second = { session: `t${index}`, events: [page(`r${index}`, hour(index, 55))] }
  return index % 5 === 0 ? [first, second] : [first]
}

function callOf(index: number): object {
  const said = { site: 'shop', id: `call${index}`, at: hour(index, 10), from: phoneOf(index), to: '+74959999999' }
  return { ...said, status: 'answered', duration: 60, talk: 45, session: `s${index}` }
}

function dealOf(index: number): object {
  // Every second deal speaks of the phone of the visitor before as well: two browsers, one person.
  const phones = index % 8 === 0 && index > 0 ? [phoneOf(index), phoneOf(index - 2)] : [phoneOf(index)]
  const money = { status: 'won', amount: `${1000 + index}.50`, currency: 'RUB' }
  return {
    site: 'shop',
    id: `d${index}`,
    at: hour(index, 58),
    ...money,
    project: index % 8 === 0 ? 'front' : 'back',
    contact: { id: `crm${index}`, phones },
  }
}

function costOf(index: number): object {
  const date = hour(index).slice(0, 10)
  const key = { source: index % 2 === 0 ? 'yandex' : 'vk', medium: 'cpc', campaign: `c${index % 5}` }
  return {
    site: 'shop',
    date,
    ...key,
    cost: `${10 + index}.25`,
    currency: 'RUB',
    clicks: index,
    impressions: index * 10,
  }
}

const metrics = ['visits', 'visitors', 'pages', 'leads', 'calls', 'deals', 'deals_won', 'revenue', 'cost']

/** What the service says of the world: reports, rows behind one, persons with their history, facts, streams. */
export async function answersOf(service: RunningService, after: string): Promise<Record<string, unknown>> {
  const period = { site: 'shop', from: '2024-03-01', to: '2024-03-31' }
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await service.api(method, path, body)
    expect([path, answer.status]).toEqual([path, 200])
    return answer.body
  }
  // A loaded machine may take longer than one request waits.
  await waitUntil(
    async () => (await service.api('GET', `/v1/persons?site=shop&phone=%2B79160001000&after=${after}`)).status === 200,
    120_000,
    () => 'The history did not come up with the facts',
  )
  const said: Record<string, unknown> = {}
  for (const [name, query] of Object.entries({
    channels: { dimensions: ['channel', 'campaign'], attribution: { model: 'linear' } },
    days: { dimensions: ['date'], attribution: { model: 'first' } },
    chains: { dimensions: ['channel'], attribution: { model: 'markov' } },
    milestones: { dimensions: ['channel'], attribution: { model: 'position_w' } },
    players: { dimensions: ['channel'], attribution: { model: 'shapley' } },
    contacts: { dimensions: ['channel'], attribution: { model: 'linear_contact' } },
    projects: { dimensions: ['first_project', 'project'] },
    helped: { dimensions: ['channel'], filters: [{ dimension: 'channel', op: 'on_path', values: ['paid_search'] }] },
  })) {
    said[name] = await ask('POST', `/v1/reports/query?after=${after}`, { ...period, metrics, ...query })
  }
  for (const kind of ['associated', 'cannibalisation']) {
    said[kind] = await ask('POST', '/v1/reports/matrix', { ...period, kind, metrics: ['leads', 'deals', 'revenue'] })
  }
  said.rows = await ask('POST', '/v1/reports/rows', { ...period, metric: 'deals' })
  for (const index of [0, 6, 8, 9, 30, 32]) {
    said[`person ${index}`] = await ask('GET', `/v1/persons?site=shop&phone=${encodeURIComponent(phoneOf(index))}`)
  }
  for (const path of ['sessions/s0', 'calls/call1', 'leads/form0', 'deals/d8']) {
    said[path] = await ask('GET', `/v1/${path}?site=shop`)
  }
  // When each service received a fact is its own matter.
  const why = JSON.stringify(await ask('GET', '/v1/persons/why?site=shop&a=visitor%3Av8&b=deal%3Ad8'))
  said.why = JSON.parse(why, (name, value) => (name === 'received_at' ? undefined : value))
  for (const name of ['sessions', 'calls', 'leads', 'deals', 'conversions', 'touchpoints', 'identities']) {
    said[name] = await linesOf(service, `/v1/${name}?site=shop&from=${period.from}&to=${period.to}`)
  }
  return said
}

/** The lines of a stream, of which there must be some. Leads and deals come in no certain order. */
async function linesOf(service: RunningService, path: string): Promise<string[]> {
  const answer = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  const lines = (await answer.text()).trim().split('\n')
  expect([path, answer.status, lines.length > 5]).toEqual([path, 200, true])
  return lines.toSorted()
}
