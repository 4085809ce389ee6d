import { z } from 'zod'

/** Ids of sites, pools, destinations, users and tokens: they stand in URLs and file names. */
const settingId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1–64 characters of A-Za-z0-9._-')

/** What a pool shows: a number, or in a pool of kind `email` an address. */
const numberOrAddress = z
  .string()
  .max(254)
  .regex(
    /^(\+[1-9]\d{6,14}|[\w.+-]+@[\w-]+(\.[\w-]+)+)$/,
    'must be in E.164: + and 7–15 digits; in a pool of kind email, an address',
  )

// Only what every browser can read: one bad selector would take all numbers off the pages.
const selectorPart = '(?:[.#][a-zA-Z_][\\w-]*|\\[[a-zA-Z_][\\w-]*(?:[~|^$*]?="[^"\\\\\\n]*")?\\])'
const selectorStep = `(?:[a-zA-Z][\\w-]*${selectorPart}*|${selectorPart}+)`
const selector = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^${selectorStep}(?:(?: > | )${selectorStep})*$`),
    'must be tags, .classes, #ids and [attributes="…"], with blanks or > between',
  )

const hostName = z
  .string()
  .max(253)
  .regex(/^(?!-)[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*$/u, 'must be a host name without scheme, port or path')

const timezone = z.string().refine(isTimezone, 'must be an IANA time zone, such as Europe/Moscow')

export const SiteDocument = z
  .strictObject({
    id: settingId,
    domains: z.array(hostName).min(1).max(200),
    name: z.string().max(200).optional(),
    timezone: timezone.default('UTC'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
      .default('RUB'),
    region: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code')
      .default('RU'),
    target_call_seconds: z.number().int().min(0).max(3600).default(30),
    repeat_lead_days: z.number().int().min(0).max(3650).default(90),
    retention_days: z.number().int().min(1).max(36_500).optional(),
    projects: z
      .array(
        z.strictObject({
          id: settingId,
          name: z.string().max(200),
          url_prefixes: z.array(z.string().max(500)).max(100),
        }),
      )
      .max(500)
      .default([]),
    blocked: z.array(z.string().max(254)).max(10_000).default([]).describe('Phones and e-mails to leave out'),
    form_values: z
      .array(z.string().max(100))
      .max(200)
      .default([])
      .describe('Names of form fields that are kept beside phone, e-mail and name; * keeps all'),
    cross_domains: z
      .array(hostName)
      .max(50)
      .default([])
      .describe('Other domains to which links and forms of the pages take a visit along'),
    consent: z
      .enum(['not_needed', 'wait', 'cookieless'])
      .default('not_needed')
      .describe('What pages may do before a visitor has said yes: all, nothing, or measure without keeping anything'),
    hash_routes: z.boolean().default(false).describe('Pages differ by the part of the address behind #'),
    privacy_signals: z
      .array(z.enum(['gpc', 'dnt']))
      .max(2)
      .default([])
      .describe('Global Privacy Control, Do Not Track: browsers that send these are asked first, as with consent wait'),
    swap_attributes: z
      .array(z.enum(['title', 'aria-label', 'alt', 'placeholder']))
      .optional()
      .describe('Attributes in which numbers are replaced beside the text: title and aria-label unless given'),
  })
  .meta({ id: 'Site' })

export const PoolDocument = z
  .strictObject({
    id: settingId,
    site: settingId,
    kind: z
      .enum(['dynamic', 'static', 'email'])
      .describe('dynamic leases numbers to visitors; static and email show their first to all whom `when` lets in'),
    numbers: z.array(numberOrAddress).min(1).max(10_000),
    replaces: z.array(numberOrAddress).max(100).default([]).describe('What the pages hold, and give way'),
    selectors: z
      .array(selector)
      .max(20)
      .optional()
      .describe('CSS selectors of elements that show the number, whatever they hold'),
    lease_seconds: z.number().int().min(10).max(86_400).default(150),
    leases_per_address_max: z.number().int().min(1).max(10_000).default(4),
    when: z
      .strictObject({
        channels: z.array(z.string().max(50)).max(50).optional(),
        sources: z.array(z.string().max(200)).max(200).optional(),
        url_prefixes: z.array(z.string().max(500)).max(200).optional(),
      })
      .optional(),
    source: z.string().max(200).optional(),
    medium: z.string().max(200).optional(),
    campaign: z.string().max(500).optional(),
  })
  .meta({ id: 'Pool' })

export const DestinationDocument = z
  .strictObject({
    id: settingId,
    site: settingId,
    url: z
      .string()
      .max(2000)
      .refine(
        (value) => /^https?:\/\/[^/?#\\@{}\s]+(?:[/?#]|$)/.test(value),
        'must be an http(s) address whose host holds no macro',
      ),
    method: z.enum(['GET', 'POST']).default('POST'),
    on: z
      .array(z.enum(['deal_won']))
      .min(1)
      .default(['deal_won']),
    secret: z.string().min(16).max(200),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'Destination' })

export const UserDocument = z
  .strictObject({
    id: settingId,
    name: z.string().max(200),
    email: z.email().max(254),
    role: z.enum(['admin', 'analyst', 'viewer']).default('viewer'),
    sites: z.array(settingId).max(500).optional(),
  })
  .meta({ id: 'User' })

export const scopes = ['ingest', 'reports', 'personal', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** What a caller sends and sees of a token. The stored document also holds `secret_hash`, which never leaves storage. */
export const TokenDocument = z
  .strictObject({
    id: settingId,
    name: z.string().min(1).max(200),
    scopes: z.array(z.enum(scopes)).min(1),
    sites: z.array(settingId).max(500).optional(),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: 'Token' })

export type Site = z.infer<typeof SiteDocument>
export type Pool = z.infer<typeof PoolDocument>
export type Destination = z.infer<typeof DestinationDocument>
export type User = z.infer<typeof UserDocument>
export type Token = z.infer<typeof TokenDocument> & { secret_hash: string }

export interface Documents {
  site: Site
  pool: Pool
  destination: Destination
  user: User
  token: Token
}

export type DocumentKind = keyof Documents

export interface Versioned<Document> {
  version: number
  changed_at_ms: number
  document: Document
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
