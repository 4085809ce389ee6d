import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Encoding = 'br' | 'gzip' | 'identity'

/** A file ready to be sent in any encoding a browser may want. */
export interface Packed {
  /** Hash of the content; with the encoding it makes the ETag. */
  hash: string
  bodies: Record<Encoding, Buffer>
}

const gzipAsync = promisify(gzip)
const brotliAsync = promisify(brotliCompress)

/** Compresses as hard as it goes: it is done once a version, and read a million times. */
export async function precompress(text: string): Promise<Packed> {
  const identity = Buffer.from(text)
  const [br, gz] = await Promise.all([
    brotliAsync(identity, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: identity.length } }),
    gzipAsync(identity, { level: 9 }),
  ])
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 16)
  return { hash, bodies: { br, gzip: gz, identity } }
}

/** The smallest encoding the browser takes; `q=0` is a no. */
export function chooseEncoding(accepts: string | undefined): Encoding {
  const taken = new Set(
    (accepts ?? '')
      .split(',')
      .map((entry) =>
        entry
          .trim()
          .toLowerCase()
          .split(/\s*;\s*/),
      )
      .filter(([, weight]) => !weight || Number(weight.replace('q=', '')) > 0)
      .map(([name]) => name),
  )
  if (taken.has('br')) return 'br'
  return taken.has('gzip') ? 'gzip' : 'identity'
}
