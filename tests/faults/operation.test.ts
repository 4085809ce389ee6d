import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import {
  freePort,
  newDataFolder,
  type RunningService,
  removeDataFolder,
  root,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { throughline } from '../support/throughline.ts'

interface Check {
  name: string
  level: string
  says: string
}

let service: RunningService | undefined
let dir = ''

afterEach(async () => {
  await service?.stop()
  service = undefined
  if (dir !== '') await removeDataFolder(dir)
  dir = ''
})

const lead = (id: string) => ({ id, site: 'demo', at: new Date().toISOString(), kind: 'chat', phone: '+79160000001' })

async function doctor(env: Record<string, string> = {}): Promise<{ code: number | null; checks: Check[] }> {
  const { code, text } = await throughline({ DATA_DIR: dir, ...env }, 'doctor', '--json')
  return { code, checks: (JSON.parse(text) as { checks: Check[] }).checks }
}
const levelsOf = (checks: Check[], name: string) =>
  checks.filter((check) => check.name === name).map(({ level }) => level)

async function withStore<Result>(act: (store: Store) => Promise<Result>): Promise<Result> {
  const control = await service?.control()
  if (!control) throw new Error('No service runs.')
  const store = openStore(control.clickhouse)
  return act(store).finally(() => store.close())
}

describe('doctor', () => {
  test('finds a running service well, and then what is wrong with it, and changes nothing', async () => {
    service = await runService()
    dir = service.dir
    expect((await service.api('POST', '/v1/leads', lead('l1'))).status).toBe(202)
    await waitUntil(
      async () => (await service?.api('GET', '/v1/leads/l1?site=demo'))?.status === 200,
      30_000,
      () => 'The lead did not reach the history',
    )
    const well = await doctor()
    expect(well.code, JSON.stringify(well.checks)).toBe(0)
    for (const name of ['settings', 'node', 'DATA_DIR', 'log quota', 'tables', 'quarantine', 'matching', 'segments']) {
      expect([name, levelsOf(well.checks, name)]).toEqual([name, ['ok']])
    }
    expect(well.checks.filter(({ level }) => level === 'unseen')).toEqual([])
    expect(well.checks.find(({ name }) => name === 'segments')?.says).toMatch(/newest [1-9]/)

    await withStore(async (store) => {
      await store.command('INSERT INTO leads SELECT * FROM leads')
      const refused = { node: 'n', table: 'leads', segment: 1, row: 0, reason: 'x', line: '[0,"demo","q"]' }
      await store.insert('quarantine', [{ ...refused, quarantined_at: Date.now() }])
      await store.insert('migrations', [{ number: 9999, name: '9999_from_the_future', ran_at: Date.now() }])
    })
    const ill = await doctor({ TRUST_PROXY: '0.0.0.0/0', MIN_FREE_BYTES: String(2 ** 50) })
    expect(ill.code).toBe(1)
    for (const name of ['TRUST_PROXY', 'disk', 'segments', 'tables']) {
      expect([name, levelsOf(ill.checks, name)]).toEqual([name, ['fault']])
    }
    expect(levelsOf(ill.checks, 'quarantine')).toEqual(['warning'])
    expect(JSON.stringify(ill.checks)).toContain('9999_from_the_future')
  })

  test('looks at a stopped service: its log, what a crash left of it, and its tables', async () => {
    service = await runService()
    dir = service.dir
    await service.control()
    expect((await service.api('POST', '/v1/leads', lead('l1'))).status).toBe(202)
    await service.stop()
    service = undefined
    const log = join(dir, 'ingest', 'log')
    await writeFile(join(log, 'leads', '4000000000.rows'), '[0,"demo","torn')
    await writeFile(join(log, 'leads', '4000000000.commits'), '')
    await writeFile(join(log, 'leads', '4000000001.segment'), 'torn'.repeat(30))
    await mkdir(join(log, 'damaged'))
    await writeFile(join(log, 'damaged', 'leads-1.rows'), '')
    const { code, checks } = await doctor()
    expect(code, JSON.stringify(checks)).toBe(0)
    const said = JSON.stringify(checks)
    expect(said).toContain('does not run on this folder')
    expect(said).toContain('1 segments end in a write that was broken off')
    // What has no header that can be read is kept by a start, for it may have been accepted.
    expect(said).toContain('1 segments hold accepted rows that were spoilt')
    expect(said).toContain('1 files were kept because of damage')
    expect(levelsOf(checks, 'tables')).toEqual(['ok'])
    expect(levelsOf(checks, 'ClickHouse')).toContain('ok')
    // It only looked.
    expect(await readdir(join(log, 'leads'))).toEqual(['4000000000.commits', '4000000000.rows', '4000000001.segment'])
  })

  test('names all wrong settings, a folder that is not there, and a ClickHouse that does not answer', async () => {
    dir = await newDataFolder()
    const wrong = await doctor({ PORT: 'eighty', LOG_LEVEL: 'loud' })
    expect(wrong.code).toBe(1)
    expect(wrong.checks.filter(({ level }) => level === 'fault').map(({ says }) => says.split(':')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
    ])
    const { code, text } = await throughline({ DATA_DIR: join(dir, 'none') }, 'doctor')
    expect(code).toBe(0)
    expect(text).toContain('nothing was started yet')
    const away = await doctor({ CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}` })
    expect(away.code).toBe(1)
    expect(away.checks.find(({ name }) => name === 'ClickHouse')?.says).toContain('ECONNREFUSED')
  })
})

describe('the quarantine', () => {
  test('is listed without what is in its rows, and replayed into history', async () => {
    service = await runService()
    dir = service.dir
    await service.control()
    const { body } = await service.api('POST', '/v1/leads', lead('seen'))
    await service.api('GET', `/v1/leads/seen?site=demo&after=${body.position}`)
    await withStore(async (store) => {
      // As if ClickHouse had refused it: the row is in quarantine, and in no table.
      const columns = await store.query<{ name: string }>(
        `SELECT name FROM system.columns
         WHERE database = currentDatabase() AND table = 'leads' AND name NOT IN ('node', 'segment', 'row') ORDER BY position`,
      )
      const [row] = await store.query<Record<string, unknown>>("SELECT * FROM leads WHERE id = 'seen'")
      const values = columns.map(({ name }) => (name === 'id' ? 'poison' : row?.[name]))
      const refused = {
        node: 'old',
        table: 'leads',
        segment: 5,
        row: 3,
        reason: 'CANNOT_PARSE_DATETIME (41), column at',
      }
      await store.insert('quarantine', [
        { ...refused, line: JSON.stringify([3, ...values]), quarantined_at: Date.now() - 86_400_000 },
        { ...refused, row: 4, line: '[4,"demo","hopeless","not a time"]', quarantined_at: Date.now() },
      ])
    })
    const env = { DATA_DIR: dir }
    const listed = await throughline(env, 'quarantine', 'list')
    expect(listed).toMatchObject({ code: 0, text: expect.stringContaining('old.leads-5.3') })
    expect(listed.text).toContain('site demo, id poison: CANNOT_PARSE_DATETIME (41), column at')
    expect(listed.text).not.toContain('79160000001')
    const whole = await throughline(env, 'quarantine', 'list', '--rows', '--json', '--table', 'leads')
    expect(JSON.parse(whole.text.split('\n')[0] ?? '')).toMatchObject({ line: expect.stringContaining('79160000001') })

    expect((await throughline(env, 'quarantine', 'replay')).code).toBe(2)
    const replayed = await throughline(env, 'quarantine', 'replay', '--all', '--json')
    expect(replayed.code).toBe(1)
    const report = JSON.parse(replayed.text)
    expect(report).toMatchObject({ replayed: 1, refused: 1, refused_rows: [{ row: 'old.leads-5.4' }] })
    const found = await service.api('GET', `/v1/leads/poison?site=demo&after=${report.position}`)
    expect(found.status, JSON.stringify(found.body)).toBe(200)
    expect((await throughline(env, 'quarantine', 'list', '--json')).text.trim().split('\n')).toHaveLength(1)
    expect((await throughline(env, 'quarantine', 'replay', '--row', 'old.leads-5.3', '--json')).text).toContain(
      '"replayed":0',
    )
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toContain('throughline_quarantine_replayed_total 1')
    const documented = await readFile(join(root, 'docs/operation.md'), 'utf8')
    const names = [...metrics.matchAll(/^# TYPE (throughline_\w+) /gm)].map(([, name]) => name as string)
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !new RegExp(`\`${name}[\`{]`).test(documented))).toEqual([])
    await service.stop()
    service = undefined
    const alone = await throughline(env, 'quarantine', 'list', '--json')
    expect(JSON.parse(alone.text)).toMatchObject({ row: 'old.leads-5.4', id: 'hopeless' })
    expect((await throughline(env, 'quarantine', 'replay', '--all')).text).toContain('No service is ready')
  })
})
