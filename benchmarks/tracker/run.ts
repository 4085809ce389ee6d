import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CDPSession, chromium, type Page } from 'playwright-core'
import { buildTracker } from '#cdn/build.ts'
import { publicSettings } from '#cdn/public-settings.ts'
import { renderScript } from '#cdn/render-script.ts'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import { unpackChromium } from '#tests/support/chromium-setup.ts'

const rounds = Number(process.argv[2] ?? 15)
const SLOWDOWN = 4
const SETTLED_MS = 1500
const NODES = 10_000
const INSERTIONS = 2000
const INSERTIONS_A_TASK = 10

/** What a round of one page costs its main thread, in milliseconds. */
type Costs = Record<'load' | 'scan' | 'insertions', number>

const site = SiteDocument.parse({ id: 'shop', domains: ['localhost'] })
const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: ['+74951112233'],
  replaces: ['+74950000000'],
})
const script = renderScript(await buildTracker(), publicSettings(site, [pool]))
const numbers = [
  {
    pool: 'ads',
    replaces: pool.replaces,
    number: '+74951112233',
    expires_at: new Date(Date.now() + 9e6).toISOString(),
  },
]

/** Text as shops have it: every five-hundredth piece holds the number. */
function textNodes(count: number): string {
  return Array.from({ length: count }, (_, at) =>
    at % 500 === 0 ? '<p>Звоните: 8 (495) 000-00-00</p>' : `<p>Квартира ${at}, 54,3 м², от 8 950 000 рублей</p>`,
  ).join('')
}

const bodies: Record<string, string> = { small: textNodes(100), large: textNodes(NODES) }

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/t/shop.js') {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
  } else if (url.pathname.startsWith('/v1/')) {
    request.resume().on('end', () => {
      response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ accepted: 1, numbers }))
    })
  } else {
    const tag = url.searchParams.has('tracker') ? '<script async src="/t/shop.js"></script>' : ''
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(
      `<!doctype html><link rel="icon" href="data:,"><title>Shop</title>${tag}${bodies[url.pathname.slice(1)] ?? ''}`,
    )
  }
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const home = `http://localhost:${(server.address() as AddressInfo).port}`

const browser = await chromium.launch({
  executablePath: await unpackChromium(),
  headless: true,
  chromiumSandbox: process.getuid?.() !== 0,
  args: ['--disable-gpu', '--disable-background-networking'],
})
const found: Record<'without' | 'with', Costs[]> = { without: [], with: [] }
try {
  // The first round of each warms the browser up and is not counted.
  for (let round = -1; round < rounds; round++) {
    for (const kind of ['without', 'with'] as const) {
      const costs = await measure(kind === 'with' ? '?tracker' : '')
      if (round >= 0) found[kind].push(costs)
    }
  }
} finally {
  await browser.close()
  server.close()
}
print()

async function measure(query: string): Promise<Costs> {
  return {
    load: await costOf(`${home}/small${query}`, query, 'loading'),
    scan: await costOf(`${home}/large${query}`, query, 'loading'),
    insertions: await costOf(`${home}/small${query}`, query, 'inserting'),
  }
}

/** Each page in a context of its own: a first visit, whose number comes with the answer. */
async function costOf(address: string, query: string, what: 'loading' | 'inserting'): Promise<number> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  // Of the thread, not of the clock: what else the machine does is not the page's doing.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN })
  const before_ms = await taskTime_ms(devtools)
  await page.goto(address)
  await settled(page)
  const loaded_ms = await taskTime_ms(devtools)
  await check(page, query)
  if (what === 'loading') {
    await context.close()
    return loaded_ms - before_ms
  }
  await insert(page)
  await settled(page)
  const inserted_ms = await taskTime_ms(devtools)
  await check(page, query)
  await context.close()
  return inserted_ms - loaded_ms
}

/** Until the page is quiet. Nothing looks at it meanwhile, for looking is work too. */
async function settled(page: Page): Promise<void> {
  await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), SETTLED_MS)
}

/** The tracker has done its work: no number of the site's own is left. */
async function check(page: Page, query: string): Promise<void> {
  const isLeft = await page.evaluate(() => document.body.textContent?.includes('(495) 000'))
  if (isLeft === (query !== '')) throw new Error('The numbers on the page are not what they should be.')
}

async function insert(page: Page): Promise<void> {
  await page.evaluate(
    async ([insertions, a_task]) => {
      for (let at = 0; at < insertions; at++) {
        const added = document.createElement('p')
        added.textContent = at % 100 === 0 ? 'Звоните: 8 (495) 000-00-00' : `Квартира ${at}, от 8 950 000 рублей`
        document.body.append(added)
        if (at % a_task === 0) await new Promise((resolve) => setTimeout(resolve))
      }
    },
    [INSERTIONS, INSERTIONS_A_TASK] as const,
  )
}

/** Time that the page's main thread was at work. */
async function taskTime_ms(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  const task = metrics.find(({ name }) => name === 'TaskDuration')
  if (!task) throw new Error('Chromium names no TaskDuration.')
  return task.value * 1000
}

function print(): void {
  const rows = {
    load: 'load of a page of 100 texts',
    scan: `load of a page of ${NODES} texts`,
    insertions: `${INSERTIONS} later insertions`,
  }
  process.stdout.write(`Main-thread ms at ${SLOWDOWN}x slowdown, medians of ${rounds} rounds\n\n`)
  process.stdout.write('| | without | with | difference | of the best rounds |\n| --- | --- | --- | --- | --- |\n')
  for (const [name, title] of Object.entries(rows) as [keyof Costs, string][]) {
    const of = (kind: keyof typeof found) => found[kind].map((costs) => costs[name])
    const [without, withTracker] = [of('without'), of('with')]
    // Round by round, because the two of one round met the machine in the same mood.
    const differences = withTracker.map((ms, round) => ms - (without[round] as number))
    const best_ms = Math.min(...withTracker) - Math.min(...without)
    const cells = [median(without), median(withTracker), median(differences), best_ms].map((ms) => ms.toFixed(1))
    process.stdout.write(`| ${title} | ${cells.join(' | ')} |\n`)
  }
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number
}
