import { createHash, randomBytes } from 'node:crypto'

/** What every token and every secret of ours begins with, so that scanners of leaked secrets know it. */
const PREFIX = 'tl_'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Digits of base 62 that 32 bytes take. */
const LENGTH = 43

/** A new secret of 256 random bits; shown once, stored as its hash. */
export function mintSecret(): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`)
  let text = ''
  for (let i = 0; i < LENGTH; i++) {
    text = DIGITS.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return PREFIX + text
}

/** A plain hash is enough: there is nothing to guess about a random secret. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
