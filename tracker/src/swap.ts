import { ask } from './ask.ts'
import { guard } from './guard.ts'
import { allowedFor, type NumberOf } from './leases.ts'
import { respell, SEAM } from './respell.ts'

/** What the page itself had written where we wrote: the next number is put into that. */
type Noted = Node & { tl_own?: string; tl_shown?: string }

// What an option says is what its form sends.
const UNTOUCHED = 'script,style,textarea,noscript,title,option,[contenteditable],[data-tl-noswap]'
// A page that keeps writing its own number back wins in the end, before the two of us burn a processor. So many times
// an answer of the service.
const REWRITES_MAX = 1e4

const page = with_calls ? tl_settings.replaces : []
/** Elements that show one number whatever they hold; each is looked for by its selector. */
const areas = (with_areas && tl_settings.areas) || []
// Names of our own, because `Node.TEXT_NODE` cannot be shortened by the build.
const TEXT = 3
/** Above it are documents, their types and shadow roots. */
const COMMENT = 8
// «Pure», so that a build without calls leaves it out.
const observer = /* @__PURE__ */ new MutationObserver(/* @__PURE__ */ guard(swapChanges))
/** The page's own text by the one that was shown: sliders, menus and frameworks make copies, which carry no note. */
const copied = /* @__PURE__ */ new Map<string, string>()
const LONG = 9
let rewrites_left: number
/** While a change is looked at, and not the page as a whole. */
let isChange: boolean

/** Shows numbers below these nodes, and in whatever is added there later. */
export function swapAll(roots: Node[], numberOf?: NumberOf): void {
  rewrites_left = REWRITES_MAX
  isChange = false
  swapIn(roots, numberOf)
}

function swapChanges(records: MutationRecord[]): void {
  const changed: Node[] = []
  for (const { type, target, addedNodes } of records)
    changed.push(...((type === 'childList' ? addedNodes : [target]) as Iterable<Node>))
  isChange = true
  // A page may write in its turn whenever it is asked about a number.
  if (rewrites_left-- > 0) swapIn(changed)
}

/** Writes numbers below these nodes. One that throws costs itself alone. */
function swapIn(nodes: Node[], numberOf: NumberOf = allowedFor, spellings = page): void {
  // Each once: what is added to an element that was itself just added is reported twice.
  const texts = new Set<Node>()
  /** Texts in the order of reading; attributes are put right on the way. */
  const see = guard((node: Node) => {
    const element = node as Element
    const isRoot = node.nodeType > COMMENT
    if (
      node.nodeType === TEXT ? (node.nodeValue as string).includes(SEAM) || texts.add(node) : node.nodeType === COMMENT
    )
      return
    if (isRoot)
      // Observed again, it is observed once.
      observer.observe(node, {
        childList: true,
        subtree: true,
        characterData: true,
        attributeFilter: tl_settings.attributes,
      })
    else {
      if (ask(element, 'matches', UNTOUCHED)) return
      const area =
        with_areas &&
        spellings === page &&
        areas.find(([, selector]) => ask(element, 'matches', selector) && numberOf(selector))
      if (area) {
        swapIn([node], numberOf, [area])
        return
      }
    }
    if (element.shadowRoot) see(element.shadowRoot)
    // Before the rest, which throws where a field of a form hides what is asked for. The browser's own list: a field or, in
    // a document, an image may have its name.
    Reflect.get(Node.prototype, 'childNodes', node).forEach(see)
    if (isRoot) return
    for (const name of tl_settings.attributes) {
      const attribute = (element.attributes as unknown as Record<string, Attr>)[name]
      if (attribute)
        rewrite(
          attribute,
          name === 'href'
            ? pageOwn(attribute).replace(/^(tel|mailto):[^?]+/i, respellLink)
            : respell(pageOwn(attribute), spellings, numberOf),
        )
    }
    // A custom element opens its shadow root when its script has come, and no observer tells of that.
    if (element.matches(':not(:defined)'))
      // Rejected where the name is that of a built-in one (`is`).
      customElements.whenDefined(element.localName).then(
        guard(() => swapIn([element.shadowRoot as Node], numberOf)),
        guard as never,
      )
  })
  nodes.map(
    guard((node) => {
      const holder = node.parentElement
      if (holder) {
        if (ask(holder, 'closest', UNTOUCHED)) return
        // What changed inside such an element changes all of it.
        if (with_areas) for (const [, selector] of areas) node = ask(holder, 'closest', selector) || node
      }
      see(node)
    }),
  )
  const parts = respell([...texts].map(guard(pageOwn)).join(SEAM) + SEAM, spellings, numberOf).split(SEAM)
  let at = 0
  for (const text of texts) rewrite(text, parts[at++] as string)

  function respellLink(link: string): string {
    // A hash stays encoded: it is dialled, and would else end the address.
    const written = guard(decodeURI)(link) || link
    const spelled = respell(written, spellings, numberOf)
    return spelled === written ? link : spelled.replace(/\s/g, '')
  }
}

/**
 * What the page had written there before we did; what it wrote after us is its own again. Not so for a change: it may
 * show a part of a number, which must not go back while the other parts stay.
 */
function pageOwn(node: Noted): string {
  const text = node.nodeValue as string
  if (isChange) return text
  // Parts of numbers are short, and may stand elsewhere in their own right.
  return node.tl_shown === text ? (node.tl_own as string) : (text[LONG] && copied.get(text)) || text
}

// «Pure» as well.
const rewrite = /* @__PURE__ */ guard((node: Noted, shown: string) => {
  if (node.nodeValue === shown || rewrites_left-- < 0) return
  node.tl_own = pageOwn(node)
  node.tl_shown = node.nodeValue = shown
  copied.set(shown, node.tl_own)
})
