import { guard } from './guard.ts'
import { allowedFor, type NumberOf } from './leases.ts'
import { respell, SEAM } from './respell.ts'

/** What the page itself had written where we wrote: the next number is put into that. */
type Noted = Node & { tl_own?: string | null; tl_shown?: string }

// What an option says is what its form sends.
const UNTOUCHED = 'script,style,textarea,noscript,title,option,[contenteditable],[data-tl-noswap]'
// A page that keeps writing its own number back wins in the end, before the two of us burn a processor. So many times
// an answer of the service.
const REWRITES_MAX = 1e4

const page = with_calls ? tl_settings.replaces : []
/** Elements that show one number whatever they hold; each is looked for by its selector. */
const areas = (with_areas && tl_settings.areas) || []
// Names of our own, because `Node.TEXT_NODE` cannot be shortened by the build.
const ELEMENT = 1
const TEXT = 3
/** Above it are documents, their types and shadow roots. */
const ROOTS = 8
// «Pure», so that a build without calls leaves it out.
const observer = /* @__PURE__ */ new MutationObserver(/* @__PURE__ */ guard(swapChanges))
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
  swapIn(changed)
}

/** Writes numbers below these nodes. */
function swapIn(nodes: Node[], numberOf: NumberOf = allowedFor, spellings = page): void {
  // Each once: what is added to an element that was itself just added is reported twice.
  const texts = new Set<Node>()
  for (let node of nodes) {
    const holder = node.parentElement
    if (holder) {
      if (holder.closest(UNTOUCHED)) continue
      // What changed inside such an element changes all of it.
      if (with_areas) for (const [, selector] of areas) node = holder.closest(selector) || node
    }
    collect(node)
  }
  const parts = respell([...texts].map(pageOwn).join(SEAM) + SEAM, spellings, numberOf).split(SEAM)
  let at = 0
  for (const text of texts) rewrite(text, parts[at++] as string)

  /** Texts in the order of reading; attributes are put right on the way. */
  function collect(node: Node): void {
    if (node.nodeType === TEXT) texts.add(node)
    // A document or a shadow root; observed again, it is observed once.
    if (node.nodeType > ROOTS)
      observer.observe(node, {
        childList: true,
        subtree: true,
        characterData: true,
        attributeFilter: tl_settings.attributes,
      })
    if (node.nodeType === ELEMENT) {
      const element = node as Element
      if (element.matches(UNTOUCHED)) return
      const area =
        with_areas &&
        spellings === page &&
        areas.find(([, selector]) => element.matches(selector) && numberOf(selector))
      if (area) {
        swapIn([node], numberOf, [area])
        return
      }
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
      if (element.shadowRoot) collect(element.shadowRoot)
      // A custom element opens its shadow root when its script has come, and no observer tells of that.
      if (element.matches(':not(:defined)'))
        customElements.whenDefined(element.localName).then(guard(() => swapIn([element.shadowRoot as Node], numberOf)))
    }
    node.childNodes.forEach(collect)
  }

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
  return (!isChange && node.tl_shown === node.nodeValue ? node.tl_own : node.nodeValue) as string
}

function rewrite(node: Noted, shown: string): void {
  if (node.nodeValue === shown || rewrites_left-- < 0) return
  node.tl_own = pageOwn(node)
  node.tl_shown = node.nodeValue = shown
}
