import { createHash } from 'node:crypto'

const DAY_MS = 86_400_000
const TOKEN_LENGTH = 13

/** What requests of different persons are counted together by. */
export type KeyKind = 'number' | 'address' | 'placement'

const letters: Record<KeyKind, string> = { number: 'n', address: 'a', placement: 'p' }

/** The days (UTC) and values that a request counts for, as `n:3f2a…:20393`. Values are hashed: they are only compared. */
export function fraudKeys(at_ms: number, values: Partial<Record<KeyKind, string>>): string[] {
  const day = Math.floor(at_ms / DAY_MS)
  return (['number', 'address', 'placement'] as const).flatMap((kind) => {
    const value = values[kind] ?? ''
    if (value === '') return []
    const token = createHash('sha256').update(value).digest('hex').slice(0, TOKEN_LENGTH)
    return [`${letters[kind]}:${token}:${day}`]
  })
}

export interface ReadKey {
  kind: KeyKind
  token: string
  day: number
}

export function readKey(key: string): ReadKey {
  const [letter, token, day] = key.split(':') as [string, string, string]
  const kind = letter === 'n' ? 'number' : letter === 'a' ? 'address' : 'placement'
  return { kind, token, day: Number(day) }
}

/** The same value on another day. */
export function keyOfDay({ kind, token }: ReadKey, day: number): string {
  return `${letters[kind]}:${token}:${day}`
}

/** A day number as `2026-11-01`. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
