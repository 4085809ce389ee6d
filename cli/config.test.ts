import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ownConnection, shardCount } from './clickhouse.ts'
import { baseUrlOf, readConfig, splitUrls } from './config.ts'

describe('settings from the environment', () => {
  test('have defaults that suit one machine', () => {
    const config = readConfig({})
    expect(config).toMatchObject({ PORT: 8080, HOST: 'localhost', DATA_DIR: './data', TRUST_PROXY: [] })
    expect(baseUrlOf(config)).toBe('http://localhost:8080')
  })

  test('treat an empty value as not set', () => {
    expect(readConfig({ PORT: '', CLICKHOUSE_URL: '' }).PORT).toBe(8080)
  })

  test('name every wrong value at once', () => {
    const start = () =>
      readConfig({ PORT: 'eighty', BASE_URL: 'ftp://x', ADMIN_TOKEN: 'short', TRUST_PROXY: 'true', LOG_LEVEL: 'loud' })
    expect(start).toThrow(
      /Wrong settings:[\s\S]*PORT[\s\S]*BASE_URL[\s\S]*ADMIN_TOKEN[\s\S]*TRUST_PROXY[\s\S]*LOG_LEVEL/,
    )
  })

  test.each([
    ['TRUST_PROXY', '999.1.1.1'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['OUTBOUND_ALLOW', 'abc'],
    ['CLICKHOUSE_URL', 'http://user:100%sure@127.0.0.1:8123'],
    ['GEO_DB', '/there/is/none'],
  ])('find %s=%s wrong before anything is started', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`Wrong settings:\\n {2}${name}`))
  })

  test('refuse what would be ignored: leases in Redis', () => {
    expect(() => readConfig({ REDIS_URL: 'redis://localhost' })).toThrow(/REDIS_URL: .*set WORKERS/)
  })

  test.each([
    ['1', true],
    ['64', true],
    ['0', false],
    ['65', false],
  ])('take WORKERS=%s: %s', (WORKERS, isTaken) => {
    const read = () => readConfig({ WORKERS })
    if (isTaken) expect(read().WORKERS).toBe(Number(WORKERS))
    else expect(read).toThrow(/WORKERS/)
  })

  test('take one address of ClickHouse for each shard of a cluster', () => {
    const CLICKHOUSE_URL = 'http://u:a,b%40c@one:8123/, https://u:x@two:8443'
    const config = readConfig({ CLICKHOUSE_URL, CLICKHOUSE_CLUSTER: 'grid' })
    expect(splitUrls(config.CLICKHOUSE_URL ?? '')).toEqual(['http://u:a,b%40c@one:8123', 'https://u:x@two:8443'])
    expect(shardCount(config)).toBe(2)
    expect(ownConnection(config)).toMatchObject({ url: 'http://u:a,b%40c@one:8123', cluster: { name: 'grid' } })
    expect(shardCount(readConfig({}))).toBe(1)
  })

  test.each([
    [{ CLICKHOUSE_CLUSTER: 'grid' }, 'CLICKHOUSE_CLUSTER: needs CLICKHOUSE_URL'],
    [{ CLICKHOUSE_URL: 'http://one,http://two' }, 'CLICKHOUSE_URL: several servers are a cluster'],
    [{ CLICKHOUSE_URL: 'http://one,ftp://two', CLICKHOUSE_CLUSTER: 'grid' }, 'CLICKHOUSE_URL: must be'],
    [{ CLICKHOUSE_URL: 'http://one,two', CLICKHOUSE_CLUSTER: 'grid' }, 'CLICKHOUSE_URL: each address'],
    [{ CLICKHOUSE_URL: 'http://one', CLICKHOUSE_CLUSTER: "grid', x" }, 'CLICKHOUSE_CLUSTER: must be a name'],
  ])('find %j wrong', (env, says) => {
    expect(() => readConfig(env)).toThrow(says)
  })

  test.each([
    ['1', true],
    ['16', true],
    ['0', false],
    ['17', false],
    ['two', false],
  ])('take 1 to 16 processes of matching: MATCHERS=%s', (MATCHERS, isTaken) => {
    if (isTaken) expect(readConfig({ MATCHERS }).MATCHERS).toBe(Number(MATCHERS))
    else expect(() => readConfig({ MATCHERS })).toThrow(/Wrong settings:\n {2}MATCHERS/)
  })

  test('never take a moment for hanging', () => {
    for (const seconds of ['0', '5', '86400']) expect(readConfig({ HUNG_SECONDS: seconds }).HUNG_SECONDS).toBe(+seconds)
    for (const seconds of ['1', '4', '86401'])
      expect(() => readConfig({ HUNG_SECONDS: seconds })).toThrow('HUNG_SECONDS')
  })

  test('take a list of networks', () => {
    expect(readConfig({ TRUST_PROXY: '10.0.0.0/8, ::1' }).TRUST_PROXY).toEqual(['10.0.0.0/8', '::1'])
  })

  test('read a secret from a file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'throughline-config-'))
    const file = join(dir, 'token')
    await writeFile(file, 'a-secret-of-some-length\n')
    expect(readConfig({ ADMIN_TOKEN_FILE: file }).ADMIN_TOKEN).toBe('a-secret-of-some-length')
    expect(() => readConfig({ ADMIN_TOKEN_FILE: file, ADMIN_TOKEN: 'another-secret-of-length' })).toThrow(/set twice/)
    expect(() => readConfig({ ADMIN_TOKEN_FILE: join(dir, 'none') })).toThrow(/ADMIN_TOKEN_FILE: cannot be read/)
    await rm(dir, { recursive: true })
  })
})
