/** One line in the console: what it is about, and what happened. Detail comes last, as an object to unfold. */
export function say(about: string, words: readonly string[], ...detail: readonly unknown[]): void {
  console.info(`Throughline · ${about} · ${words.filter((word) => word !== '').join(' ')}`, ...detail)
}

/** The same for what its reader has to mend. */
export function warn(about: string, words: readonly string[], ...detail: readonly unknown[]): void {
  console.warn(`Throughline · ${about} · ${words.filter((word) => word !== '').join(' ')}`, ...detail)
}
