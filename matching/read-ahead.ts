/** What is read of each, in their order; so many are being read while one is looked at. */
export async function* readAhead<One, Read>(
  all: readonly One[],
  read: (one: One) => Promise<Read>,
  ahead: number,
): AsyncGenerator<Read> {
  const reading: Promise<Read>[] = []
  for (const index of all.keys()) {
    for (const one of all.slice(index + reading.length, index + ahead + 1)) {
      const begun = read(one)
      // Whoever waits for it is told; if nobody comes to that, it does not matter any more.
      begun.catch(() => undefined)
      reading.push(begun)
    }
    yield await (reading.shift() as Promise<Read>)
  }
}
