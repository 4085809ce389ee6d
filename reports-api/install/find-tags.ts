import type { PageRead, PageScript } from './read-page.ts'

/** Our line on a page. */
export interface PageTag {
  address: string
  /** The site in its address; null when it is served under a name of its own. */
  site: string | null
  place: 'head' | 'body'
  /** Whether the page goes on while it loads. */
  is_async: boolean
  /** Something else decides when it runs: an optimiser, or a banner that waits for consent. */
  is_delayed: boolean
  /** Served by the site's own domain. */
  is_own_domain: boolean
  nonce: string | undefined
}

const CANDIDATES_MAX = 6

/** The tags whose address says what they are, and those that say where the service is. */
export function findTags({ scripts }: PageRead, page: string): PageTag[] {
  return scripts.flatMap((script) => {
    const address = script.address || delayedAddress(script, page)
    const site = siteInAddress(address)
    return address && (site !== null || 'data-tl-base' in script.attributes) ? [tagOf(script, address, site, page)] : []
  })
}

/** Scripts of the page's own host that may be ours under another name: only what they hold can tell. */
export function findCandidates({ scripts }: PageRead, page: string): PageTag[] {
  const { host } = new URL(page)
  return scripts
    .filter(({ address, attributes }) => address && new URL(address).host === host && 'async' in attributes)
    .slice(0, CANDIDATES_MAX)
    .map((script) => tagOf(script, script.address, null, page))
}

/** The site that a script of ours is made for; undefined when it is none of ours. Its settings name it, first or after consent; long names and a `function` around it are of versions that a CDN may still hold. */
export function siteInScript(body: string): string | undefined {
  return /\}\)?\(\{(?:(?:c|"consent"):[^{}]{1,200},)?(?:s|"site"):"([A-Za-z0-9._-]{1,64})"/.exec(body)?.[1]
}

/** What a Tag Manager loads cannot be seen in the page that loads it. */
export function hasTagManager({ scripts }: PageRead): boolean {
  return scripts.some(({ address, code }) => /googletagmanager\.com\/gtm\.js|gtm\.start/.test(address + code))
}

function tagOf({ attributes, place }: PageScript, address: string, site: string | null, page: string): PageTag {
  const type = (attributes.type ?? '').trim().toLowerCase()
  return {
    ...{ address, site, place },
    is_async: 'async' in attributes || 'defer' in attributes || type === 'module',
    is_delayed: !('src' in attributes) || !/^((text|application)\/(x-)?(java|ecma)script|module)?$/.test(type),
    is_own_domain: new URL(address).host === new URL(page).host,
    nonce: attributes.nonce,
  }
}

/** Optimisers and consent banners put the address aside: `data-src`, `data-rocket-src`, `data-lazy-src`. */
function delayedAddress({ attributes }: PageScript, page: string): string {
  const aside = Object.entries(attributes).find(
    ([name, value]) => /^data-.*src$/.test(name) && siteInAddress(value) !== null,
  )
  return aside && URL.canParse(aside[1], page) ? new URL(aside[1], page).href : ''
}

function siteInAddress(address: string): string | null {
  const key = /\/t\/([^/?#]+?)\.js(?:[?#]|$)/.exec(address)?.[1]
  if (key === undefined) return null
  try {
    return decodeURIComponent(key)
  } catch {
    return null
  }
}
