/**
 * What is looked for, as cdn/spellings.ts makes it: a pattern whose groups are what stands before, what people write before
 * the number, and the number; what the service calls it; and how the numbers begin that have a place in the old format.
 */
export type Spelling = readonly [pattern: string, own: string, prefix: string, digits?: number]

/** What the page's script knows of its site. Everyone can read it, so it holds nothing secret. */
interface Settings {
  site: string
  /**
   * How far the tracker may go before its visitor has said anything: 1 is as after a yes, 0.5 without keeping anything on
   * the device, 0.1 not at all until the yes. 0 is a no. cdn/render-script.ts makes it of the site's setting.
   */
  consent: number
  /** Fits `.host>.other` where links from one host take a visitor along to the other. */
  linked?: string
  /** The site's own numbers that may be replaced by leased ones. */
  replaces: Spelling[]
  /** Elements, by selector, whose text gives way to a number. */
  areas?: Spelling[]
  /** Attributes in which numbers are replaced too, `href` among them. */
  attributes: string[]
  /** Fits the names of fields that are kept beside phone, email and name. */
  kept?: string
}

declare global {
  // The file served for a site is `!(tl_settings=>{…tracker…})({…settings…})`. A name of its own for each use: what is
  // imported would be a variable more.
  const tl_settings: Settings

  // Set by cdn/build.ts: a build without a feature leaves its code out.
  const with_calls: boolean
  const with_areas: boolean
  const with_forms: boolean
  const with_linker: boolean
  /** The site's pages differ by the part of the address after `#`. */
  const with_hash: boolean
}
