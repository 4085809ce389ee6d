/** A line of a body, or the news that it was too long to be held. */
export type Line = { index: number; bytes: Buffer } | { index: number; is_too_long: true }

export const LINE_BYTES_MAX = 1024 ** 2

/**
 * Cuts a stream into lines as it comes; memory holds one chunk and one line, whatever the stream. Blank lines are left
 * out and count all the same: returns how many lines there were.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  length_max = LINE_BYTES_MAX,
): AsyncGenerator<Line[], number> {
  let index = 0
  let begun: Buffer[] = []
  let begun_bytes = 0
  for await (const chunk of chunks) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = finish(chunk.subarray(start, end))
      if (line) lines.push(line)
      start = end + 1
    }
    begin(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  // A line feed ends a line and begins none.
  if (begun_bytes === 0) return index
  const last = finish(Buffer.alloc(0))
  if (last) yield [last]
  return index

  function begin(rest: Buffer): void {
    begun_bytes += rest.length
    if (begun_bytes > length_max) begun = []
    // Copied: the chunk is a view of a buffer that may be used again.
    else if (rest.length > 0) begun.push(Buffer.from(rest))
  }

  function finish(rest: Buffer): Line | undefined {
    const bytes = begun_bytes + rest.length
    const whole = begun.length > 0 ? Buffer.concat([...begun, rest]) : rest
    begun = []
    begun_bytes = 0
    const place = index++
    if (bytes > length_max) return { index: place, is_too_long: true }
    return isBlank(whole) ? undefined : { index: place, bytes: whole }
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 32 || byte === 13 || byte === 9)
}
