/** A number as people write it: country code, national digits, and the digit dialled instead of the code inside the country. */
export type Spelling = readonly [country: string, national: string, trunk: string]

/** What the page's script knows of its site. Everyone can read it, so it holds nothing secret. */
interface Settings {
  site: string
  consent: 'not_needed' | 'wait' | 'cookieless'
  /** The site's own numbers that may be replaced by leased ones. */
  replaces: Spelling[]
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
  const with_forms: boolean
  const with_linker: boolean
}

export const settings: Settings = tl_settings
