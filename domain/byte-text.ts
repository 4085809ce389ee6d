declare const bytes: unique symbol

/**
 * Text each of whose characters stands for one byte of its UTF-8. It can be put together like any other, and takes a fifth
 * of the time to write into a buffer: a single letter beyond Latin makes two bytes of every character of a usual text.
 */
export type ByteText = string & { readonly [bytes]: true }

export function toByteText(text: string): ByteText {
  return (ascii.test(text) ? text : Buffer.from(text).toString('latin1')) as ByteText
}

/** The text that a ByteText stands for. */
export function fromByteText(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text, 'latin1').toString()
}

const ascii = /^[\0-\x7f]*$/
