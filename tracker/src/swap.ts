import { guard, on } from './guard.ts'
import { type Rule, respeller, SEAM } from './respell.ts'

const UNTOUCHED = 'script,style,textarea,noscript,title,[contenteditable],[data-tl-noswap]'
// A page that keeps writing its own number back wins in the end, before the two of us burn a processor.
const REWRITES_MAX = 20
// Names of our own, because `Node.TEXT_NODE` cannot be shortened by the build.
const ELEMENT = 1
const TEXT = 3

const rewrites = new WeakMap<Node, number>()
let respell: (text: string) => string
let observer: MutationObserver | undefined

/** Shows the rules' numbers on the page, and in whatever is added to it later. */
export function swapNumbers(rules: readonly Rule[]): void {
  const root = document.documentElement
  respell = respeller(rules)
  swapIn([root])
  if (observer) return
  observer = new MutationObserver(guard(swapChanges))
  observer.observe(root, { childList: true, subtree: true, characterData: true, attributeFilter: ['href'] })
  // A number cut in two by the arrival of the page itself.
  on(document, 'DOMContentLoaded', () => swapIn([root]))
}

function swapChanges(records: MutationRecord[], observer: MutationObserver): void {
  const changed = new Set<Node>()
  for (const { type, target, addedNodes } of records) {
    for (const node of type === 'childList' ? addedNodes : [target]) changed.add(node)
  }
  swapIn(changed)
  // What was just written is no news.
  observer.takeRecords()
}

function swapIn(roots: Iterable<Node>): void {
  const texts: Text[] = []
  for (const root of roots) if (!root.parentElement?.closest(UNTOUCHED)) collect(root, texts)
  const after = respell(texts.map(({ data }) => data).join(SEAM)).split(SEAM)
  texts.forEach((text, at) => {
    const data = after[at] as string
    if (text.data !== data && mayRewrite(text)) text.data = data
  })
}

/** Texts in the order of reading; links are put right on the way. */
function collect(node: Node, texts: Text[]): void {
  if (node.nodeType === TEXT) texts.push(node as Text)
  if (node.nodeType !== ELEMENT || (node as Element).matches(UNTOUCHED)) return
  if ((node as Element).matches('[href^="tel:" i]')) swapLink(node as Element)
  for (let child = node.firstChild; child; child = child.nextSibling) collect(child, texts)
}

function swapLink(link: Element): void {
  const href = link.getAttribute('href') as string
  const written = guard(decodeURIComponent)(href) || href
  const spelled = respell(written)
  if (spelled !== written && mayRewrite(link)) link.setAttribute('href', spelled.replace(/\s/g, ''))
}

function mayRewrite(node: Node): boolean {
  const times = (rewrites.get(node) || 0) + 1
  rewrites.set(node, times)
  return times <= REWRITES_MAX
}
