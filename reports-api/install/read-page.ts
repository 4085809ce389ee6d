import { Parser } from 'htmlparser2'

/** A script of a page as it is written. */
export interface PageScript {
  /** Whole, resolved against the page; '' for one written into the page itself. */
  address: string
  place: 'head' | 'body'
  attributes: Record<string, string>
  /** What is written into it. */
  code: string
}

/** What a browser would find in a page, as far as an installation is concerned. */
export interface PageRead {
  scripts: PageScript[]
  /** Policies in `<meta http-equiv>`. */
  policies: string[]
  /** Targets of `tel:` links. */
  tel_links: string[]
  /** What people read, blocks on lines of their own. */
  text: string
}

// Two megabytes of opening tags would keep the parser busy for minutes: it looks along the open ones at each.
const DEPTH_MAX = 2_000
const CHUNK_CHARS = 16_384
// Looking for phones takes half a second for each 100,000 characters, and holds up everybody else.
const TEXT_CHARS_MAX = 100_000
const CODE_CHARS_MAX = 100_000
const SCRIPTS_MAX = 500

const unseen = new Set(['script', 'style', 'noscript', 'template', 'textarea', 'title', 'svg', 'option'])
const inline = new Set(
  'a abbr b bdi bdo big cite code em font i label mark nobr q s small span strong sub sup u wbr'.split(' '),
)

/** Reads a page without running anything of it. */
export function readPage(html: string, address: string): PageRead {
  const page: PageRead = { scripts: [], policies: [], tel_links: [], text: '' }
  let base = address
  let place: PageScript['place'] = 'head'
  let script: PageScript | undefined
  let depth = 0
  const hidden: string[] = []

  const parser = new Parser({
    onopentag(name, attributes) {
      depth += 1
      if (startsBody.has(name)) place = 'body'
      if (unseen.has(name)) hidden.push(name)
      if (!inline.has(name)) page.text += '\n'
      if (name === 'base' && attributes.href) base = resolve(attributes.href, address) || base
      if (name === 'meta' && attributes['http-equiv']?.toLowerCase() === 'content-security-policy')
        page.policies.push(attributes.content ?? '')
      const tel = name === 'a' && /^\s*tel:(.*)/is.exec(attributes.href ?? '')?.[1]
      if (tel) page.tel_links.push(tel)
      if (name !== 'script' || page.scripts.length >= SCRIPTS_MAX) return
      script = { address: attributes.src ? resolve(attributes.src, base) : '', place, attributes, code: '' }
      page.scripts.push(script)
    },
    ontext(text) {
      if (script && script.code.length < CODE_CHARS_MAX) script.code += text
      if (hidden.length === 0 && page.text.length < TEXT_CHARS_MAX) page.text += text
    },
    onclosetag(name) {
      depth -= 1
      if (name === 'head') place = 'body'
      if (name === 'script') script = undefined
      if (name === hidden.at(-1)) hidden.pop()
      if (!inline.has(name)) page.text += '\n'
    },
  })
  for (let at = 0; at < html.length && depth < DEPTH_MAX; at += CHUNK_CHARS)
    parser.write(html.slice(at, at + CHUNK_CHARS))
  parser.end()
  page.text = page.text.slice(0, TEXT_CHARS_MAX)
  return page
}

/** Browsers end the head at the first of what cannot be in it, whether `</head>` is written or not. */
const startsBody = new Set('body div p a h1 h2 header main section nav form table ul ol img span iframe'.split(' '))

function resolve(href: string, base: string): string {
  return URL.canParse(href.trim(), base) ? new URL(href.trim(), base).href : ''
}
