import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContext, Page, Request, Response } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startPostbackServer } from '../support/postback-server.ts'
import { type RunningService, removeDataFolder, runService, waitUntil } from '../support/running-service.ts'

const SECRET = 'postback-secret-for-the-test-0001'
const PHONE = '+7 926 111-22-33'
const SITE_NUMBER = '+7 (495) 000-00-01'
const HISTORY_MS = 2000

let service: RunningService
let browser: Browser
let context: BrowserContext
let page: Page
let platform: Awaited<ReturnType<typeof startPostbackServer>>
const complaints: string[] = []
let visitor = ''
let shown = ''
const delays: Record<string, number> = {}

beforeAll(async () => {
  service = await runService({ env: { OUTBOUND_ALLOW: '127.0.0.0/8' } })
  platform = await startPostbackServer(SECRET)
  await service.api('PUT', '/v1/destinations/demo-ads', {
    site: 'demo',
    url: `${platform.url}/won?deal={deal}&sum={amount}&currency={currency}&yclid={yclid}&campaign={campaign}`,
    method: 'POST',
    on: ['deal_won'],
    secret: SECRET,
  })
  browser = await openBrowser()
  // As a person's browser says: a headless one is known for a bot, and gets no number.
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`
  context = await browser.newContext({ locale: 'en-GB', userAgent })
  page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await platform?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

interface TimelineItem {
  kind: string
  id: string
  source?: string
  campaign?: string
}

async function timeline(): Promise<TimelineItem[]> {
  const { status, body } = await service.api('GET', `/v1/persons?site=demo&visitor=${visitor}&limit=500`)
  return status === 200 ? body.timeline : []
}

/** The fact must be in the person's timeline within two seconds of its 2xx. */
async function expectInHistory(what: string, isIt: (item: TimelineItem) => boolean): Promise<void> {
  delays[what] = await waitUntil(
    async () => (await timeline()).some(isIt),
    HISTORY_MS,
    () => `${what} was not in the history ${HISTORY_MS} ms after its 2xx`,
  )
}

/** As good as the 2xx, or a little later: the events of a request are in the store. */
async function waitUntilStored(request: Request): Promise<void> {
  const { events } = request.postDataJSON() as { events: { id: string }[] }
  const isStored = async ({ id }: { id: string }) =>
    (await service.api('GET', `/v1/facts/events/${id}?site=demo`)).status === 200
  await waitUntil(
    async () => (await Promise.all(events.map(isStored))).every(Boolean),
    30_000,
    () => 'What the form sent is not in the store',
  )
}

const acceptedEvents = (response: Response) => response.url().endsWith('/v1/events') && response.status() === 202

describe('one customer, from ad click to deal', () => {
  test('arrives from an ad and sees a number of their own', async () => {
    const accepted = page.waitForResponse(acceptedEvents)
    await page.goto(
      `${service.url}/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring_flats&yclid=13475198822233344455`,
    )
    await accepted
    visitor = (await context.cookies()).find(({ name }) => name === 'tl_visitor')?.value ?? ''
    expect(visitor).not.toBe('')
    await page.waitForFunction((own) => document.querySelector('#number')?.textContent !== own, SITE_NUMBER)
    shown = (await page.textContent('#number')) ?? ''
    expect(shown).toMatch(/^\+7 \(495\) 000-01-\d\d$/)
    expect(await page.getAttribute('#number', 'href')).toBe(`tel:+${shown.replace(/\D/g, '')}`)
    expect(await page.textContent('.hero b')).toMatch(/^8 495 000-01-\d\d$/)
    await expectInHistory('page', ({ kind, campaign }) => kind === 'session' && campaign === 'spring_flats')
  })

  test('sends the form, and the page works as it did without us', async () => {
    await page.goto(`${service.url}/demo/contacts`)
    await page.fill('[name=name]', 'Maria')
    await page.fill('[name=phone]', PHONE)
    await page.fill('[name=email]', 'maria@example.org')
    // The page is left while the request is on its way, and the browser may tell of no answer then.
    const sending = page.waitForRequest((request) => (request.postData() ?? '').includes('"type":"form"'))
    const [sent] = await Promise.all([sending, page.click('#viewing button')])
    await page.waitForURL('**/demo/thanks')
    await waitUntilStored(sent)
    expect(await page.textContent('h1')).toBe('Thank you!')
    await expectInHistory('form', ({ kind }) => kind === 'form')
  })

  test('leaves and comes back directly in a new session', async () => {
    const [before] = (await timeline()).filter(({ kind }) => kind === 'session')
    await page.goto('about:blank')
    await context.clearCookies({ name: 'tl_session' })
    const accepted = page.waitForResponse(acceptedEvents)
    await page.goto(`${service.url}/demo/green-hills`)
    await accepted
    await expectInHistory(
      'return',
      ({ kind, id, source }) => kind === 'session' && id !== before?.id && source === '(direct)',
    )
  })

  test('rings the number and is known', async () => {
    await page.waitForFunction((own) => document.querySelector('#number')?.textContent !== own, SITE_NUMBER)
    const number = (await page.textContent('#number')) ?? ''
    expect(number).toBe(shown)
    // Nobody dials within a second of seeing a number; and a provider's clock may be off by as much.
    await pause(4_000)
    const { status } = await service.api('POST', '/v1/calls', {
      id: 'call-1',
      site: 'demo',
      from: PHONE,
      to: number,
      at: new Date(Date.now() - 500).toISOString(),
      direction: 'in',
      status: 'answered',
      duration: 70,
      talk: 64,
      wait: 6,
    })
    expect(status).toBe(202)
    await expectInHistory('call', ({ kind, id }) => kind === 'call' && id === 'call-1')
    const call = (await service.api('GET', '/v1/calls/call-1?site=demo')).body
    expect(call.match).toMatchObject({ reason: 'number_on_screen', visitor })
    // Two sessions of this visitor saw the number within a minute: the visitor is sure, the session nearly.
    expect(call.match.confidence).toBeGreaterThan(0.8)
  })

  test('buys, and the CRM says so', async () => {
    const { status } = await service.api('POST', '/v1/deals', {
      id: 'deal-1',
      site: 'demo',
      at: new Date().toISOString(),
      status: 'won',
      stage: 'Contract',
      amount: '12400000.50',
      currency: 'RUB',
      contact: { id: 'crm-1', name: 'Maria', phones: ['8 (926) 111-22-33'], emails: [] },
    })
    expect(status).toBe(202)
    await expectInHistory('deal', ({ kind, id }) => kind === 'deal' && id === 'deal-1')
  })

  test('is one person with one history', async () => {
    const { body } = await service.api('GET', '/v1/persons?site=demo&phone=%2B79261112233')
    expect(body).toMatchObject({ revenue: '12400000.50', currency: 'RUB' })
    expect(body.timeline.filter(({ kind }: TimelineItem) => kind === 'session')).toHaveLength(2)
    expect(body.identifiers).toContainEqual(expect.objectContaining({ kind: 'visitor', value: visitor }))
    expect(body.identifiers).toContainEqual(expect.objectContaining({ kind: 'email', value: 'maria@example.org' }))
  })

  test('has brought the last non-direct campaign its revenue', async () => {
    const today = new Date().toLocaleDateString('en-CA', { timeZone: 'Europe/Moscow' })
    const { status, body } = await service.api('POST', '/v1/reports/query', {
      site: 'demo',
      from: today,
      to: today,
      metrics: ['visits', 'leads', 'calls', 'deals_won', 'revenue'],
      dimensions: ['source', 'campaign'],
      attribution: { model: 'last_non_direct' },
    })
    expect(status).toBe(200)
    expect(body.rows).toContainEqual(
      expect.objectContaining({
        source: 'yandex',
        campaign: 'spring_flats',
        revenue: '12400000.50',
        deals_won: 1,
        leads: 2,
        calls: 1,
      }),
    )
    expect(body.totals).toMatchObject({ visits: 2, revenue: '12400000.50' })
  })

  test('is told to the ad platform once, signed', async () => {
    await waitUntil(
      async () => platform.received.length > 0,
      5000,
      () => `No postback; refused: ${platform.refused}`,
    )
    // A second one, if it came, would come with the retry of the first: the next write that reaches history is after it.
    const { body } = await service.api('POST', '/v1/deals', {
      id: 'deal-1',
      site: 'demo',
      at: new Date().toISOString(),
      status: 'won',
      stage: 'Paid',
      contact: { id: 'crm-1', phones: [] },
    })
    await service.api('GET', `/v1/deals/deal-1?site=demo&after=${body.position}`)
    expect(platform.refused).toEqual([])
    expect(platform.received).toHaveLength(1)
    const [postback] = platform.received
    expect(Object.fromEntries(postback?.url.searchParams ?? [])).toEqual({
      deal: 'deal-1',
      sum: '12400000.50',
      currency: 'RUB',
      yclid: '13475198822233344455',
      campaign: 'spring_flats',
    })
  })

  test('met an unharmed site', () => {
    expect(complaints).toEqual([])
    expect(Object.keys(delays)).toEqual(['page', 'form', 'return', 'call', 'deal'])
  })
})
