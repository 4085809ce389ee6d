import { accessSync, constants, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )

const network = z.string().refine(isNetwork, 'must be addresses or networks such as 10.0.0.0/8')

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128)
}

const networks = list.pipe(z.array(network))

const httpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be an http(s) address')
  .transform((text) => text.replace(/\/+$/, ''))

/** One address, or one for each shard of a cluster; a comma inside a password is no border. */
const httpUrls = z
  .string()
  .transform(splitUrls)
  .pipe(
    z
      .array(
        httpUrl
          .refine(hasPlainCredentials, 'user and password must be percent-encoded')
          .refine(hasOneHost, 'each address of the list begins with http:// or https://'),
      )
      .min(1)
      .max(1_000),
  )
  .transform((urls) => urls.join(','))

export function splitUrls(text: string): string[] {
  return text.trim().split(/\s*,\s*(?=[a-z]+:\/\/)/i)
}

/** `%` is the one character that an address takes and that then cannot be read back. */
function hasPlainCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true
  const { username, password } = new URL(text)
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

function hasOneHost(text: string): boolean {
  return !URL.canParse(text) || !new URL(text).hostname.includes(',')
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** A process needs a moment to start, and says once a second that it lives: with less a busy one would be killed. */
const HUNG_SECONDS_MIN = 5

export const Config = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535).default(8080).describe('The one port of everything'),
  HOST: z.string().min(1).default('localhost').describe('The address to listen on; `0.0.0.0` opens it to the network'),
  BASE_URL: httpUrl
    .optional()
    .describe('The address visitors reach it under, for the snippet; `http://localhost:PORT` when not set'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('The durable log, and the embedded ClickHouse when `CLICKHOUSE_URL` is not set'),
  CLICKHOUSE_URL: httpUrls
    .optional()
    .describe('A ClickHouse server, user and password inside; embedded when not set. Of a cluster: one for each shard'),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z_][\w.-]{0,62}$/, 'must be a name of letters, digits, _, - and .')
    .optional()
    .describe('The name of the cluster in the servers’ `remote_servers`, when `CLICKHOUSE_URL` lists its shards'),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_]\w{0,62}$/, 'must be a plain name of letters, digits and _')
    .default('throughline')
    .describe('The database that holds the tables'),
  ADMIN_TOKEN: z
    .string()
    .min(16, 'must be at least 16 characters')
    .max(200)
    .optional()
    .describe('A token with every scope; made on first start and printed once when not set'),
  TRUST_PROXY: networks.describe(
    'Networks of the proxies in front, comma separated, so that addresses are the visitors’',
  ),
  OUTBOUND_ALLOW: networks.describe('Private networks that postbacks and install checks may reach, comma separated'),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(600)
    .describe('Requests a minute from one address on browser routes, of all workers together; 0 = no limit'),
  WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('How many processes take requests, behind the one port; more than one are led by one more'),
  MATCHERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('How many processes match, each the sites that fall to it; one site is always one process’s'),
  HUNG_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .refine((seconds) => seconds === 0 || seconds >= HUNG_SECONDS_MIN, `must be 0 or at least ${HUNG_SECONDS_MIN}`)
    .default(30)
    .describe(
      'A worker that is silent for so long is killed and another started; matching and ClickHouse may be four times that; 0 = never',
    ),
  GEO_DB: z
    .string()
    .min(1)
    .refine(isReadable, 'is no file that can be read')
    .optional()
    .describe('A city database of your own (MaxMind format) instead of the shipped one'),
  LOG_QUOTA_BYTES: z.coerce
    .number()
    .int()
    .min(1_048_576)
    .default(10 * 1024 ** 3)
    .describe('The durable log answers 503 beyond this size; workers have equal parts of it'),
  MIN_FREE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(512 * 1024 ** 2)
    .describe('The durable log answers 503 when the disk has less room than this'),
  BI_PASSWORD: z
    .string()
    .min(16, 'must be at least 16 characters')
    .max(200)
    .regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces')
    .optional()
    .describe('Opens a read-only ClickHouse user `bi` on the loopback interface, for BI tools'),
  BI_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8123)
    .describe('The loopback port of the embedded ClickHouse when `BI_PASSWORD` is set'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info').describe('What the log says'),
})

export type Config = z.infer<typeof Config>

/** Settings that hold a secret can also come from a file: `ADMIN_TOKEN_FILE=/run/secrets/token`. */
export const secretSettings = ['ADMIN_TOKEN', 'CLICKHOUSE_URL', 'BI_PASSWORD'] as const

/** Names every wrong value at once, so that a first start is put right in one go. Throws WrongSettings. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const wrong: string[] = []
  const values: Record<string, string | undefined> = {}
  for (const name of Object.keys(Config.shape)) values[name] = env[name] === '' ? undefined : env[name]
  for (const name of secretSettings) {
    const file = env[`${name}_FILE`]
    if (!file) continue
    if (values[name] !== undefined) wrong.push(`${name}: is set twice, by itself and by ${name}_FILE`)
    try {
      values[name] = readFileSync(file, 'utf8').trim()
    } catch (error) {
      wrong.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  if (env.REDIS_URL || env.REDIS_URL_FILE) {
    wrong.push(
      'REDIS_URL: leases over several machines are not there yet; for several processes on one machine, set WORKERS',
    )
  }
  const parsed = Config.safeParse(values)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) wrong.push(`${issue.path[0] as string}: ${issue.message}`)
  }
  if (parsed.success) wrong.push(...wrongTogether(parsed.data))
  if (wrong.length > 0 || !parsed.success) throw new WrongSettings(wrong)
  return parsed.data
}

/** Settings that are right by themselves and contradict each other. */
function wrongTogether({ CLICKHOUSE_URL, CLICKHOUSE_CLUSTER }: Config): string[] {
  if (CLICKHOUSE_CLUSTER !== undefined && CLICKHOUSE_URL === undefined) {
    return ['CLICKHOUSE_CLUSTER: needs CLICKHOUSE_URL with an address for each shard']
  }
  if (CLICKHOUSE_CLUSTER === undefined && splitUrls(CLICKHOUSE_URL ?? '').length > 1) {
    return ['CLICKHOUSE_URL: several servers are a cluster; set CLICKHOUSE_CLUSTER to its name']
  }
  return []
}

export class WrongSettings extends Error {
  constructor(wrong: string[]) {
    super(`Wrong settings:\n${wrong.map((line) => `  ${line}`).join('\n')}`)
    this.name = 'WrongSettings'
  }
}

/** How long processes of the service may be silent. A step of matching, and a merge of ClickHouse, may be long. */
export function hungAfter({ HUNG_SECONDS }: Config): { worker_ms: number; other_ms: number } {
  return { worker_ms: HUNG_SECONDS * 1000, other_ms: HUNG_SECONDS * 4 * 1000 }
}

export function baseUrlOf(config: Config): string {
  return config.BASE_URL ?? `http://localhost:${config.PORT}`
}

/** Where commands on this machine reach the service. */
export function localUrlOf({ HOST, PORT }: Config): string {
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  const host = everywhere[HOST] ?? HOST
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`
}
