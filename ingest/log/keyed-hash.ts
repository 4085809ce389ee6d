/** Writes the 64-bit hash of a text, two numbers, into `hashes` from `at` on. */
export type KeyedHash = (text: string, hashes: Uint32Array, at: number) => void

export const hash_key_bytes = 16

/**
 * SipHash-2-4 under a key of 16 bytes, given in hexadecimal: whoever does not know the key cannot make two texts meet, at a
 * fifth of what a call of the crypto module costs. Written on halves of 64-bit numbers, because BigInt is slow. A text of
 * Latin letters is hashed a byte a character, which is what the published test vectors are made of.
 */
export function openKeyedHash(key_hex: string): KeyedHash {
  const key = Buffer.from(key_hex, 'hex')
  const [k0, k1, k2, k3] = [0, 4, 8, 12].map((at) => key.readInt32LE(at)) as [number, number, number, number]
  /** v0 to v3, the low half of each before the high one. */
  const v = new Int32Array(8)
  return (text, hashes, at) => {
    v[0] = k0 ^ 0x70736575
    v[1] = k1 ^ 0x736f6d65
    v[2] = k2 ^ 0x6e646f6d
    v[3] = k3 ^ 0x646f7261
    v[4] = k0 ^ 0x6e657261
    v[5] = k1 ^ 0x6c796765
    v[6] = k2 ^ 0x79746573
    v[7] = k3 ^ 0x74656462
    if (isNarrow(text)) takeBytes(v, text)
    else takeUnits(v, text)
    v[4] = (v[4] as number) ^ 0xff
    rounds(v, 4)
    const low = (v[0] as number) ^ (v[2] as number) ^ (v[4] as number) ^ (v[6] as number)
    const high = (v[1] as number) ^ (v[3] as number) ^ (v[5] as number) ^ (v[7] as number)
    hashes[at] = high
    hashes[at + 1] = low
  }
}

function isNarrow(text: string): boolean {
  let all = 0
  for (let i = 0; i < text.length; i++) all |= text.charCodeAt(i)
  return all < 256
}

/** Eight characters a word. */
function takeBytes(v: Int32Array, text: string): void {
  const whole = text.length & ~7
  for (let i = 0; i < whole; i += 8) takeWord(v, fourBytes(text, i), fourBytes(text, i + 4))
  let [low, high] = [0, (text.length & 0xff) << 24]
  for (let i = whole; i < text.length; i++) {
    const shift = (i & 3) * 8
    if (i - whole < 4) low |= text.charCodeAt(i) << shift
    else high |= text.charCodeAt(i) << shift
  }
  takeWord(v, low, high)
}

function fourBytes(text: string, i: number): number {
  return (
    text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8) | (text.charCodeAt(i + 2) << 16) | (text.charCodeAt(i + 3) << 24)
  )
}

/** Two characters a word, from another start: else a longer text of bytes could come out as one of these. */
function takeUnits(v: Int32Array, text: string): void {
  v[2] = (v[2] as number) ^ 0xee
  for (let i = 0; i < text.length; i += 2) takeWord(v, text.charCodeAt(i), text.charCodeAt(i + 1) || 0)
  takeWord(v, text.length, 0)
}

function takeWord(v: Int32Array, low: number, high: number): void {
  v[6] = (v[6] as number) ^ low
  v[7] = (v[7] as number) ^ high
  rounds(v, 2)
  v[0] = (v[0] as number) ^ low
  v[1] = (v[1] as number) ^ high
}

function rounds(v: Int32Array, times: number): void {
  let [v0, w0, v1, w1] = [v[0] as number, v[1] as number, v[2] as number, v[3] as number]
  let [v2, w2, v3, w3] = [v[4] as number, v[5] as number, v[6] as number, v[7] as number]
  let sum = 0
  let left = 0
  for (let round = 0; round < times; round++) {
    sum = (v0 >>> 0) + (v1 >>> 0)
    w0 = (w0 + w1 + (sum > 0xffffffff ? 1 : 0)) | 0
    v0 = sum | 0
    left = (v1 << 13) | (w1 >>> 19)
    w1 = ((w1 << 13) | (v1 >>> 19)) ^ w0
    v1 = left ^ v0
    // Turned by 32 bits: the halves change places.
    left = v0
    v0 = w0
    w0 = left

    sum = (v2 >>> 0) + (v3 >>> 0)
    w2 = (w2 + w3 + (sum > 0xffffffff ? 1 : 0)) | 0
    v2 = sum | 0
    left = (v3 << 16) | (w3 >>> 16)
    w3 = ((w3 << 16) | (v3 >>> 16)) ^ w2
    v3 = left ^ v2

    sum = (v0 >>> 0) + (v3 >>> 0)
    w0 = (w0 + w3 + (sum > 0xffffffff ? 1 : 0)) | 0
    v0 = sum | 0
    left = (v3 << 21) | (w3 >>> 11)
    w3 = ((w3 << 21) | (v3 >>> 11)) ^ w0
    v3 = left ^ v0

    sum = (v2 >>> 0) + (v1 >>> 0)
    w2 = (w2 + w1 + (sum > 0xffffffff ? 1 : 0)) | 0
    v2 = sum | 0
    left = (v1 << 17) | (w1 >>> 15)
    w1 = ((w1 << 17) | (v1 >>> 15)) ^ w2
    v1 = left ^ v2
    left = v2
    v2 = w2
    w2 = left
  }
  v[0] = v0
  v[1] = w0
  v[2] = v1
  v[3] = w1
  v[4] = v2
  v[5] = w2
  v[6] = v3
  v[7] = w3
}
