import { pino } from 'pino'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '#shell/http.ts'
import { registerOpenApi } from './openapi.ts'

test('the reference names what a route takes and fails with, and nothing that it does not', async () => {
  const log = pino({ level: 'silent' }) as unknown as Parameters<typeof createApp>[0]['log']
  const app = createApp({ log, trustProxy: [], authorize: () => undefined })
  await registerOpenApi(app)
  const params = z.object({ id: z.string() })
  const body = z.object({ name: z.string() })
  const admin = { scope: 'admin' } as const
  app.post('/v1/erased', { schema: { tags: ['facts'], body }, config: admin }, () => ({}))
  app.get('/v1/erased/:id', { schema: { tags: ['facts'], params }, config: admin }, () => ({}))
  app.put('/v1/sites/:id', { schema: { tags: ['settings'], params, body }, config: admin }, () => ({}))
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Described>> }
  const take = paths['/v1/erased']?.post
  const look = paths['/v1/erased/{id}']?.get
  const put = paths['/v1/sites/{id}']?.put
  expect(names(take)).toEqual([])
  expect(names(put)).toContain('if-match')
  expect(Object.keys(take?.responses ?? {})).toEqual(expect.arrayContaining(['400', '413', '415', '503']))
  expect(Object.keys(look?.responses ?? {}).toSorted()).toEqual(['200', '400', '401', '403', 'default'])
  await app.close()
})

interface Described {
  parameters?: { name: string }[]
  responses: object
}

const names = (route: Described | undefined) => (route?.parameters ?? []).map(({ name }) => name)
