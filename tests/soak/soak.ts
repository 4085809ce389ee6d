// Kills and starves the built service at random for as long as asked, and holds it against what it answered 2xx.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostbackServer } from '../support/postback-server.ts'
import { seededRandom } from '../support/random.ts'
import { freePort, root } from '../support/running-service.ts'
import { noSmallDisksBecause, startSmallDisks } from '../support/small-disks.ts'
import { openAttacker } from './attacks.ts'
import { type BatteredService, batterService } from './battered-service.ts'
import { openLedger } from './ledger.ts'
import { SITE } from './messages.ts'
import { watchNumbers } from './numbers-shown.ts'
import { startTraffic } from './traffic.ts'
import { type Verified, verify } from './verify.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    workers: { type: 'string', default: '1' },
    'verify-minutes': { type: 'string', default: '3' },
  },
})
const SECRET = 'postback-secret-for-the-soak-0001'
const READY_MS = 120_000
const say = (text: string) => process.stdout.write(`${text}\n`)

process.exit(await soak())

async function soak(): Promise<number> {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--stale'], { stdio: 'inherit' })
  if (built.status !== 0) throw new Error('The build failed.')
  const [minutes, seed, workers] = [Number(values.minutes), Number(values.seed), Number(values.workers)]
  const random = seededRandom(seed)
  const dir = await mkdtemp(join(tmpdir(), 'throughline-soak-'))
  const noDisks = noSmallDisksBecause()
  if (noDisks) say(`No disk is filled: ${noDisks}.`)
  const disks = noDisks ? undefined : await startSmallDisks(dir, { ingest: 96, clickhouse: 1200 })
  say(`Soak of ${minutes} minutes, seed ${seed}, ${workers} worker(s), in ${dir}`)
  const port = await freePort()
  const service = batterService({
    dir,
    port,
    outputFile: `${dir}.log`,
    within: disks?.within ?? [],
    env: {
      MIN_FREE_BYTES: String(16 * 1024 ** 2),
      LOG_LEVEL: 'warn',
      ...(workers > 1 && { WORKERS: String(workers) }),
    },
  })
  const platform = await startPostbackServer(SECRET)
  service.start()
  await becomeReady(service)
  await prepare(service, platform.url)

  const ledger = openLedger()
  const numbers = watchNumbers()
  const traffic = startTraffic({ url: `http://localhost:${port}`, random, ledger, numbers })
  const attacker = openAttacker({ service, random, disks, workers })
  const violations: string[] = []
  const started_ms = performance.now()
  const elapsed_s = () => Math.round((performance.now() - started_ms) / 1000)
  let attacks = 0
  let verified: Verified | undefined
  let attacks_verified = -1

  const look = async () => {
    const begun_s = elapsed_s()
    await traffic.pause()
    await becomeReady(service)
    verified = await verify({ service, ledger, received: platform.received })
    violations.push(...verified.violations)
    const { violations: none, ...figures } = verified
    attacks_verified = attacks
    say(
      `${elapsed_s()} s: verified in ${elapsed_s() - begun_s} s ${JSON.stringify({ accepted: ledger.acceptedFacts, ...figures })}`,
    )
    traffic.resume()
  }
  try {
    let next_look_s = Number(values['verify-minutes']) * 60
    while (elapsed_s() < minutes * 60 && violations.length === 0) {
      await pause(random.whole(200, 6_000))
      if (!service.isRunning) service.start()
      // Now and then the next blow falls before the service has got up.
      if (random.chance(0.75)) await becomeReady(service)
      const name = await attacker.attack()
      attacks++
      if (name === 'kill_main' || name === 'kill_all' || name === 'terminate') await service.ended()
      if (attacks % 20 === 0) say(`${elapsed_s()} s: ${summary()}`)
      if (elapsed_s() < next_look_s) continue
      await look()
      next_look_s = elapsed_s() + Number(values['verify-minutes']) * 60
    }
    if (violations.length === 0 && attacks_verified < attacks) await look()
  } catch (error) {
    violations.push(String(error))
  }
  await traffic.stop()
  violations.push(...numbers.violations, ...traffic.counts.unexpected)
  violations.push(...service.diedByItself.map((how) => `The service ended by itself: ${how}`))
  violations.push(...platform.refused.map((why) => `A postback was not signed as it should be: ${why}`))
  const code = service.isRunning ? await service.terminate() : 0
  if (code !== 0) violations.push(`The last stop ended with code ${code}`)
  await platform.close()
  say(`Done after ${elapsed_s()} s, ${attacks} attacks. ${summary()}`)
  return conclude()

  function summary(): string {
    const { unexpected, ...counts } = traffic.counts
    return JSON.stringify({ ...counts, numbers_shown: numbers.shown, ...Object.fromEntries(attacker.counts) })
  }

  async function conclude(): Promise<number> {
    // The small disks go away with this process.
    const kept = disks ? `${dir}-kept` : dir
    if (violations.length > 0 && disks) for (const name of ['ingest', 'clickhouse']) keep(disks.path(name), kept)
    await disks?.stop()
    if (violations.length === 0 || disks) await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    if (violations.length > 0) {
      say(`VIOLATIONS (seed ${seed}, data in ${kept}, output in ${dir}.log):\n${violations.join('\n')}`)
      return 1
    }
    await rm(`${dir}.log`, { force: true })
    say(`Nothing lost, nothing doubled: ${verified?.facts} facts, ${verified?.rows_compared} rows, seed ${seed}.`)
    return 0
  }
}

function keep(folder: string, to: string): void {
  spawnSync('sh', ['-c', 'mkdir -p "$2" && cp -a "$1" "$2"', 'sh', folder, to])
}

async function becomeReady(service: BatteredService): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline) {
    if (!service.isRunning) service.start()
    if (await service.isReady()) return
    await pause(100)
  }
  throw new Error('The service did not get ready.')
}

async function prepare(service: BatteredService, platform: string): Promise<void> {
  const numbers = Array.from({ length: 200 }, (_, i) => `+7495700${1000 + i}`)
  for (const [path, document] of [
    [`/v1/sites/${SITE}`, { domains: ['soak.example'] }],
    [
      '/v1/pools/soak',
      {
        site: SITE,
        kind: 'dynamic',
        numbers,
        replaces: ['+74951234567'],
        lease_seconds: 20,
        leases_per_address_max: 200,
      },
    ],
    [
      '/v1/destinations/soak',
      { site: SITE, url: `${platform}/won?deal={deal}`, method: 'POST', on: ['deal_won'], secret: SECRET },
    ],
  ] as const) {
    const { status, body } = await service.api('PUT', path, document)
    if (status !== 200 && status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
  }
}
