import { type ClickId, clickIds } from './click-ids.ts'

/** What the landing page's address says by itself. Absent tags are empty strings. */
export interface Tags {
  source: string
  medium: string
  campaign: string
  content: string
  term: string
  /** The referrer that a redirecting page kept in the address. */
  referrer: string
  click_ids: Record<string, string>
  /** The strongest of the click ids that proves something. */
  click: ClickId | undefined
}

type TagName = 'source' | 'medium' | 'campaign' | 'content' | 'term' | 'referrer'

const VALUE_LENGTH_MAX = 500
const CLICK_ID_LENGTH_MAX = 1_000
const PARAMETERS_MAX = 200

const tagNames: ReadonlyMap<string, TagName> = new Map([
  ['utm_source', 'source'],
  ['utm_medium', 'medium'],
  ['utm_campaign', 'campaign'],
  ['utm_content', 'content'],
  ['utm_term', 'term'],
  ['utm_referrer', 'referrer'],
])

/** Reads tags and click ids; the query outranks the fragment (`#utm_source=…`), the first value of a name the later ones. */
export function readTags(query: string, fragment: string): Tags {
  const tags: Tags = {
    source: '',
    medium: '',
    campaign: '',
    content: '',
    term: '',
    referrer: '',
    click_ids: {},
    click: undefined,
  }
  if (query !== '') readParameters(query, tags)
  if (fragment.includes('=')) readParameters(fragment.slice(fragment.indexOf('?') + 1), tags)
  const openstat = tags.click_ids._openstat
  if (openstat !== undefined && tags.source === '' && tags.medium === '') readOpenstat(openstat, tags)
  return tags
}

function readParameters(text: string, tags: Tags): void {
  let start = 0
  for (let count = 0; start <= text.length && count < PARAMETERS_MAX; count++) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand < 0 ? text.length : ampersand
    const equals = text.indexOf('=', start)
    if (equals > start && equals < end) readParameter(text.slice(start, equals), text.slice(equals + 1, end), tags)
    start = end + 1
  }
}

function readParameter(name: string, raw: string, tags: Tags): void {
  // «&amp;» is what is left of a link that was escaped for HTML twice.
  const plain = name.toLowerCase()
  const key = plain.startsWith('amp;') ? plain.slice(4) : plain
  const tag = tagNames.get(key)
  if (tag) {
    if (tags[tag] !== '') return
    const value = cleanValue(decodeValue(raw), VALUE_LENGTH_MAX)
    tags[tag] = tag === 'source' || tag === 'medium' ? value.toLowerCase() : value
    return
  }
  const clickId = clickIds.get(key)
  if (!clickId || tags.click_ids[key] !== undefined) return
  const value = cleanValue(decodeValue(raw), CLICK_ID_LENGTH_MAX)
  if (value === '') return
  tags.click_ids[key] = value
  if (clickId.proves !== 'nothing' && (!tags.click || clickId.rank < tags.click.rank)) tags.click = clickId
}

/** Decodes a query value and never throws: what is no UTF-8 was Windows-1251 in old advertisements. */
function decodeValue(raw: string): string {
  const spaced = raw.includes('+') ? raw.replaceAll('+', ' ') : raw
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeBytes(spaced)
  }
}

const windows1251 = new TextDecoder('windows-1251')

function decodeBytes(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => windows1251.decode(Buffer.from(run.replaceAll('%', ''), 'hex')))
}

/** Words that stand for «no value», and placeholders that the ad system did not fill in. */
const empty = new Set(['(not set)', '(not provided)', 'undefined', 'null', '[object object]', '-', 'not_set'])
const placeholder = /^(?:\{[^{}]*\}|\{\{[^{}]*\}\}|__[A-Z_]+__|%[a-z_]+%|\[[a-z_]+\])$/i
const EMPTY_LENGTH_MAX = 15
const controls = /\p{Cc}/u
const everyControl = /\p{Cc}+/gu

function cleanValue(value: string, length_max: number): string {
  const plain = (controls.test(value) ? value.replaceAll(everyControl, ' ') : value).trim()
  if (plain === '' || (plain.length <= EMPTY_LENGTH_MAX && empty.has(plain.toLowerCase())) || placeholder.test(plain)) {
    return ''
  }
  return plain.length > length_max ? cut(plain, length_max) : plain
}

/** Half of a surrogate pair is no character, and no database takes it. */
function cut(text: string, length_max: number): string {
  const isSplit = /[\uD800-\uDBFF]/.test(text[length_max - 1] as string)
  return text.slice(0, isSplit ? length_max - 1 : length_max)
}

/** `service;campaign;ad;place`, plain or in Base64: the tag that Yandex Direct can set by itself. */
function readOpenstat(value: string, tags: Tags): void {
  const text = value.includes(';') ? value : Buffer.from(value, 'base64').toString()
  const [service = '', campaign = '', content = '', ...place] = text.split(';')
  if (place.length === 0 || !/^[a-z0-9.-]{2,100}$/i.test(service)) return
  const known = openstatServices.get(service.toLowerCase())
  tags.source = known?.source ?? service.toLowerCase()
  tags.medium = known?.medium ?? ''
  if (tags.campaign === '') tags.campaign = cleanValue(campaign, VALUE_LENGTH_MAX)
  if (tags.content === '') tags.content = cleanValue(content, VALUE_LENGTH_MAX)
}

const openstatServices = new Map([
  ['direct.yandex.ru', { source: 'yandex', medium: 'cpc' }],
  ['market.yandex.ru', { source: 'yandex_market', medium: 'cpc' }],
  ['begun.ru', { source: 'begun', medium: 'cpc' }],
  ['target.mail.ru', { source: 'vk', medium: 'cpc' }],
])
