/**
 * What is looked for, as cdn/spellings.ts makes it: a pattern whose groups are what stands before, what people write before
 * the number, and the number; what the service calls it; and how the numbers begin that have a place in the old format.
 */
export type Spelling = readonly [pattern: string, own: string, prefix: string, digits?: number]

/** What the page's script knows of its site. Everyone can read it, so it holds nothing secret. */
interface Settings {
  site: string
  /** Where the browser says no for its visitor, and the site listens to that, it is `wait`: see cdn/render-script.ts. */
  consent: 'not_needed' | 'wait' | 'cookieless'
  /** A pattern of the domains that a visitor is taken along to, each after a dot. */
  linked?: string
  /** The site's own numbers that may be replaced by leased ones. */
  replaces: Spelling[]
  /** Elements, by selector, whose text gives way to a number. */
  areas?: Spelling[]
  /** Attributes in which numbers are replaced too, `href` among them. */
  attributes: string[]
  /** The site's pages differ by the part of the address after `#`. */
  hash_routes?: boolean
  /** Fits the addresses whose clicks are not worth telling. A regular expression, as `kept` is. */
  quiet: string
  /** Fits the names of fields that are kept beside phone, email and name. */
  kept: string
}

// The file served for a site is `!function(tl_settings){…tracker…}({…settings…})`.
declare const tl_settings: Settings

// Set by cdn/build.ts: a build without a feature leaves its code out.
declare global {
  const with_calls: boolean
  const with_areas: boolean
  const with_forms: boolean
  const with_linker: boolean
}

export const settings: Settings = tl_settings
