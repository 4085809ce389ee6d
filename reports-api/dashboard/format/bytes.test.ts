import { expect, test } from 'vitest'
import { formatBytes } from './bytes.ts'

test.each([
  [0, '0B'],
  [512, '512B'],
  [1536, '1.5 kB'],
  [10 * 1024 ** 3, '10 GB'],
  [5000 * 1024 ** 4, '5,000 TB'],
])('%d bytes are written as «%s»', (bytes, words) => {
  expect(formatBytes(bytes, 'en')).toBe(words)
})

test('bytes are written in Russian too', () => {
  expect(formatBytes(1536, 'ru').replace('\u00a0', ' ')).toBe('1,5 кБ')
})
