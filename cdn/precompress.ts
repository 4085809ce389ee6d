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
  const taken = new Set<string>()
  for (const entry of (accepts ?? '').toLowerCase().split(',')) {
    // Trimmed piece by piece: a pattern for blanks around the semicolon takes time by the square of a hostile header.
    const [name = '', weight = ''] = entry.split(';', 2)
    if (weight === '' || Number(weight.trim().replace('q=', '')) > 0) taken.add(name.trim())
  }
  if (taken.has('br')) return 'br'
  return taken.has('gzip') ? 'gzip' : 'identity'
}
