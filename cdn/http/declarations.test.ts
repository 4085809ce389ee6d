import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createApp } from '#shell/http.ts'
import { serveDeclarations } from './declarations.ts'

test('the declarations of the tracker can be fetched as they are', async () => {
  const app = createApp({ log: pino({ level: 'silent' }), trustProxy: [], authorize: () => undefined })
  const declarations = readFileSync(join(import.meta.dirname, '../../tracker/throughline.d.ts'), 'utf8')
  serveDeclarations(app, declarations)
  const { statusCode, headers, body } = await app.inject('/t/throughline.d.ts')
  expect(statusCode).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'access-control-allow-origin': '*' })
  expect(body).toBe(declarations)
  expect(body).toContain('interface Throughline')
})
