import { guard } from '../src/guard.ts'
import { labelOf } from './label-of.ts'
import { say } from './say.ts'

/** What was ever put in place of something: only then is a change of the page ours. */
const shown = new Set<string>()

/** What the server answered: each number, and what it takes the place of. */
export function tellNumbers(numbers: readonly { replaces: string[]; number: string }[]): void {
  for (const { replaces, number } of numbers) {
    shown.add(number)
    say('numbers', [`${replaces.join(', ')} is to be shown as`, number])
  }
  if (numbers.length === 0)
    say('numbers', [
      'none for this visit: no pool is meant for it, all numbers are taken, or the browser calls itself a robot. The page keeps its own.',
    ])
}

/** Tells each place where a number of ours took the place of another. It watches from before the tracker's first swap. */
export function watchSwaps(): void {
  rememberKnown()
  new MutationObserver(guard(tellChanges)).observe(document.documentElement, {
    subtree: true,
    characterDataOldValue: true,
    attributeFilter: ['href', 'title', 'aria-label', 'alt'],
    attributeOldValue: true,
  })
}

function tellChanges(records: MutationRecord[]): void {
  for (const { target, attributeName, oldValue } of records) {
    const [before, after] = [(oldValue || '').trim(), writtenIn(target, attributeName).trim()]
    if (before === after || !isOurs(after)) continue
    const element = attributeName ? (target as Element) : target.parentElement
    say('swapped', [`«${before}» → «${after}»`, 'in', `${labelOf(element)}${attributeName ? ` ${attributeName}` : ''}`])
  }
}

function writtenIn(target: Node, attribute: string | null): string {
  return (attribute ? (target as Element).getAttribute(attribute) : (target as Text).data) || ''
}

/** The page may write a number in its own way, without the code of the country: the last digits decide. */
function isOurs(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  return [...shown].some((number) =>
    number.includes('@') ? text.includes(number) : digits.includes(number.replace(/\D/g, '').slice(-7)),
  )
}

/** Numbers of an earlier page are shown before any answer comes. */
function rememberKnown(): void {
  guard(() => {
    for (const { number } of JSON.parse(localStorage.getItem('tl_numbers') || '[]')) shown.add(number)
  })()
}
