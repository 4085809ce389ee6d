import { guard, on } from './guard.ts'
import { inFull, type NumberOf, respeller, SEAM } from './respell.ts'
import { settings } from './settings.ts'

/** The page; or, with a selector, elements that show one number whatever they hold. */
interface Area {
  selector?: string
  respell: (text: string, numberOf: NumberOf) => string
}

// What an option says is what its form sends.
const UNTOUCHED = 'script,style,textarea,noscript,title,option,[contenteditable],[data-tl-noswap]'
// A page that keeps writing its own number back wins in the end, before the two of us burn a processor. So many times
// an answer of the service.
const REWRITES_MAX = 1e4
// Names of our own, because `Node.TEXT_NODE` cannot be shortened by the build.
const ELEMENT = 1
const TEXT = 3

/** What the page itself had written where we wrote: the next number is put into that. */
const notes = new WeakMap<Node, { own: string; shown: string }>()
/** By name of a custom element: its script has come, or is waited for. */
const awaited: Record<string, unknown> = {}
let page: Area
let areas: Area[]
let shownFor: NumberOf
let observer: MutationObserver | undefined
let rewrites_left: number
/** While a change is looked at, and not the page as a whole. */
let isChange: boolean

/** Shows numbers on the page, and in whatever is added to it later. */
export function swapPage(numberOf: NumberOf): void {
  shownFor = numberOf
  rewrites_left = REWRITES_MAX
  page = { respell: respeller(settings.replaces) }
  if (with_areas)
    areas = (settings.areas || [])
      .filter(([, , , own]) => numberOf(own) !== own)
      .map((area) => ({ selector: area[3], respell: respeller([area]) }))
  if (!observer) {
    observer = new MutationObserver(guard(swapChanges))
    observe(document.documentElement)
    // A number cut in two by the arrival of the page itself.
    on(window, 'DOMContentLoaded load', swapAll)
  }
  swapAll()
}

function swapAll(): void {
  isChange = false
  swapIn([document.documentElement])
}

function observe(root: Node): void {
  ;(observer as MutationObserver).observe(root, {
    childList: true,
    subtree: true,
    characterData: true,
    attributeFilter: settings.attributes,
  })
}

function swapChanges(records: MutationRecord[]): void {
  const changed: Node[] = []
  for (const { type, target, addedNodes } of records) {
    for (const node of type === 'childList' ? addedNodes : [target]) changed.push(node)
  }
  isChange = true
  swapIn(changed)
}

/** Writes numbers below these nodes; in an area the one number that it shows, whatever it holds. */
export function swapIn(nodes: Iterable<Node>, numberOf = shownFor, area = page): void {
  const { selector, respell } = area
  // Each once: what is added to an element that was itself just added is reported twice.
  const texts = new Set<Node>()
  for (let node of nodes) {
    const holder = node.parentElement
    if (holder) {
      if (holder.closest(UNTOUCHED)) continue
      // What changed inside such an element changes all of it.
      if (with_areas && !selector) for (const { selector } of areas) node = holder.closest(selector as string) || node
    }
    collect(node)
  }
  const before = [...texts].map(pageOwn).join(SEAM)
  let after = respell(before, numberOf)
  if (with_areas && selector) {
    const number = numberOf(selector)
    // No phone is there whose form could be kept.
    if (!after.replace(/\D/g, '').includes(number.slice(-7))) after = inFull(number, before)
  }
  const parts = after.split(SEAM)
  let at = 0
  for (const text of texts) rewrite(text, parts[at++] as string)

  /** Texts in the order of reading; attributes are put right on the way. */
  function collect(node: Node): void {
    if (node.nodeType === TEXT) texts.add(node)
    if (node.nodeType === ELEMENT) {
      const element = node as Element
      const { shadowRoot, localName } = element
      if (element.matches(UNTOUCHED)) return
      const inner = with_areas && !selector && areas.find(({ selector }) => element.matches(selector as string))
      if (inner) {
        swapIn([node], numberOf, inner)
        return
      }
      for (const name of settings.attributes) {
        const attribute = element.getAttributeNode(name)
        if (attribute)
          rewrite(
            attribute,
            name === 'href'
              ? pageOwn(attribute).replace(/^(tel|mailto):[^?]+/i, respellLink)
              : respell(pageOwn(attribute), numberOf),
          )
      }
      if (shadowRoot) {
        observe(shadowRoot)
        collect(shadowRoot)
      }
      // A custom element opens its shadow root when its script has come, and no observer tells of that.
      if (/-/.test(localName) && !awaited[localName])
        awaited[localName] = customElements.whenDefined(localName).then(swapAll, swapAll)
    }
    for (let child = node.firstChild; child; child = child.nextSibling) collect(child)
  }

  function respellLink(link: string): string {
    // A hash stays encoded: it is dialled, and would else end the address.
    const written = guard(decodeURI)(link) || link
    const spelled = respell(written, numberOf)
    return spelled === written ? link : spelled.replace(/\s/g, '')
  }
}

/**
 * What the page had written there before we did; what it wrote after us is its own again. Not so for a change: it may
 * show a part of a number, which must not go back while the other parts stay.
 */
function pageOwn(node: Node): string {
  const note = notes.get(node)
  return !isChange && note && note.shown === node.nodeValue ? note.own : (node.nodeValue as string)
}

function rewrite(node: Node, shown: string): void {
  if (node.nodeValue === shown || rewrites_left-- < 0) return
  notes.set(node, { own: pageOwn(node), shown })
  node.nodeValue = shown
}
