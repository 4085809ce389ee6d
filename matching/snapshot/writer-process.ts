/** Writes one file over and over, and tells of each that has landed, until it is killed. */
import { landFile, writeFile } from './snapshot-file.ts'

const [path = '', last, bytes] = process.argv.slice(2)

for (let round = Number(last) + 1; ; round++) {
  const pieces = [{ bytes: new Uint8Array(Number(bytes)).fill(round % 256), free() {} }]
  await writeFile(path, { round }, { pieces, isOff: () => false })
  await landFile(path)
  process.send?.(round)
}
