import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertConversions } from '#reports-api/registry/hand-made-history.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

/** Ad systems name campaigns by numbers as long as a phone's. */
const campaigns = ['7123456789', '7123456790', 'brand']

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store)
  const at = '2026-11-20T00:00:00.000Z'
  const path = campaigns.map((campaign, index) => ({
    ...{
      campaign,
      channel: 'paid_search',
      source: 'yandex',
      at: `2026-11-1${index}T00:00:00.000Z`,
      session: `s${index}`,
    },
  }))
  await insertConversions(store, [{ id: 'd1', kind: 'deal', fact: 'deal', lead_kind: '', person: 'p1', at, path }])
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

test('a matrix by names that must not be seen keeps its cells apart', async () => {
  const asked = { site: 'shop', from: '2026-11-01', to: '2026-11-30', kind: 'associated', by: 'campaign' }
  const matrix = async (token: string) => {
    const { status, body } = await http.send('POST', '/v1/reports/matrix', asked, { token })
    expect([status, body.error]).toEqual([200, undefined])
    return body as {
      rows: { value: string }[]
      columns: { value: string | null }[]
      cells: { row: string; column: string | null }[]
    }
  }
  const seen = await matrix('reports,personal')
  const hidden = await matrix('reports')
  expect(seen.rows.map(({ value }) => value).sort()).toEqual(campaigns)
  expect(JSON.stringify(hidden)).not.toContain('71234567')
  const values = new Set(hidden.rows.map(({ value }) => value))
  expect(values.size).toBe(campaigns.length)
  expect(hidden.cells.length).toBe(seen.cells.length)
  for (const { row, column } of hidden.cells) {
    expect(values).toContain(row)
    expect(hidden.columns.map(({ value }) => value)).toContain(column)
  }
})
