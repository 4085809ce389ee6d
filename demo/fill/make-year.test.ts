import { describe, expect, test } from 'vitest'
import { makeYear } from './make-year.ts'

const options = {
  base_url: 'http://localhost:8080',
  days: 365,
  visits: 6000,
  seed: 1,
  now_ms: Date.UTC(2026, 10, 21),
  language: 'en' as const,
}

describe('a made year', () => {
  const year = makeYear(options)

  const events = (year.events as { events: { type: string; at: number }[] }[]).flatMap((batch) => batch.events)
  const forms = events.filter(({ type }) => type === 'form').length
  const deals = year.deals as { id: string; at: number; status: string; amount: string; stage: string }[]
  const won = deals.filter(({ status }) => status === 'won')

  test('turns a few visits of a hundred into leads, and a few leads into sales', () => {
    const leads = forms + year.calls.length
    expect(year.events.length).toBeGreaterThanOrEqual(options.visits)
    expect(leads / year.events.length).toBeGreaterThan(0.03)
    expect(leads / year.events.length).toBeLessThan(0.06)
    expect(forms).toBeGreaterThan(50)
    expect(year.leases.length).toBe(year.calls.length)
    expect(year.calls.length).toBeGreaterThan(50)
    expect(won.length).toBeGreaterThan(5)
    expect(won.length / leads).toBeLessThan(0.15)
  })

  test('earns more than it spends, but spends what a developer does', () => {
    const revenue = won.reduce((sum, { amount }) => sum + Number(amount), 0)
    const spent = (year.costs as { cost: string }[]).reduce((sum, { cost }) => sum + Number(cost), 0)
    expect(spent / revenue).toBeGreaterThan(0.01)
    expect(spent / revenue).toBeLessThan(0.15)
  })

  test('is the same for the same seed and another for another', () => {
    expect(makeYear(options)).toEqual(year)
    expect(makeYear({ ...options, seed: 2 }).calls).not.toEqual(year.calls)
  })

  test('is the same all day, so that a second filling adds nothing, and shares no id with that of another day', () => {
    const ids = ({ events, calls, deals }: ReturnType<typeof makeYear>) =>
      [...events, ...calls, ...deals].map(
        (fact) => Object.entries(fact).find(([name]) => /^(id|session)$/.test(name))?.[1],
      )
    expect(makeYear({ ...options, now_ms: options.now_ms + 86_399_999 })).toEqual(year)
    const tomorrow = new Set(ids(makeYear({ ...options, now_ms: options.now_ms + 86_400_000 })))
    expect(tomorrow.size).toBeGreaterThan(options.visits)
    expect(ids(year).filter((id) => tomorrow.has(id))).toEqual([])
  })

  test('differs between languages in words alone', () => {
    const russian = makeYear({ ...options, language: 'ru' })
    expect(russian.costs.length).toBeGreaterThan(0)
    expect(russian.calls.length).toBe(year.calls.length)
    expect(russian.deals[0]).toMatchObject({ stage: 'Заявка', status: deals[0]?.status })
  })

  test('lets nobody act in the future', () => {
    expect(Math.max(...events.map(({ at }) => at))).toBeLessThan(options.now_ms)
    expect(Math.max(...deals.map(({ at }) => at))).toBeLessThan(options.now_ms)
    expect(Math.max(...(year.calls as { at: number }[]).map(({ at }) => at))).toBeLessThan(options.now_ms)
  })

  test('spends each campaign once a day', () => {
    const keys = (year.costs as Record<string, string>[]).map(
      (cost) => `${cost.date} ${cost.source} ${cost.medium} ${cost.campaign}`,
    )
    expect(keys.length).toBeGreaterThan(1000)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
