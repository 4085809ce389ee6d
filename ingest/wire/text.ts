/** Text that every store can hold: no NUL, no half of a surrogate pair. Only hostile senders have either. */
export function storableText(text: string): string {
  return unstorable.test(text) ? text.replace(everyUnstorable, '\uFFFD') : text
}

const unstorable = /[\0\p{Surrogate}]/u
const everyUnstorable = new RegExp(unstorable, 'gu')
