import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START_MS } from '#tests/support/matching-world.ts'
import { seededRandom } from '#tests/support/random.ts'
import { clockEvidence } from './call-evidence.ts'
import { isDoubtful, SHIFT_MAX_MS } from './clock-shift.ts'
import type { Lease } from './match-call.ts'
import { evidenceRow, ProviderClocks } from './provider-clocks.ts'

interface Ringing {
  /** How far the provider's clock is ahead, at a moment of ours. */
  ahead(ms: number): number
  calls?: number
  days?: number
  /** How long after the end of a call its message comes, at a moment of ours. */
  told_after?: (ms: number) => number
  /** Of a hundred calls so many come to a number that nobody holds. */
  strangers?: number
  /** Visits that hold the number, for each call. */
  visits?: number
  seed?: number
}

/** Calls out of visits of some minutes to one number, at any moment, as a provider with such a clock dates them. */
function ring({ ahead, calls = 40, days = 3, told_after = () => 2 * SECOND, ...said }: Ringing) {
  const { strangers = 10, visits = 3, seed = 1 } = said
  const random = seededRandom(seed)
  const leases = Array.from({ length: calls * visits }, (_, index): Lease => {
    const from_ms = START_MS + Math.floor(random.next() * days * DAY)
    const seen_ms = from_ms + MINUTE + Math.floor(random.next() * 4 * MINUTE)
    return { session: `s${index}`, visitor: `v${index}`, pool: 'main', from_ms, seen_ms, to_ms: seen_ms + 2.5 * MINUTE }
  })
  const rung = Array.from({ length: calls }, (_, index): Rung => {
    const { from_ms, seen_ms } = leases[index * visits] as Lease
    const isStranger = random.next() * 100 < strangers
    const held_ms = from_ms + random.next() * (seen_ms - from_ms)
    const rang_ms = Math.floor(isStranger ? START_MS + random.next() * days * DAY : held_ms)
    const came_ms = rang_ms + told_after(rang_ms)
    return { at: rang_ms + ahead(rang_ms), came_ms }
  })
  return saidBy(rung, leases)
}

/** A call as its provider dates it, and when it was told of. */
interface Rung {
  at: number
  came_ms: number
  duration_ms?: number
}

/** What these calls say of the clock, by the leases of the one number that all of them rang. */
function saidBy(rung: readonly Rung[], leases: readonly Lease[]) {
  const rows = rung.map(({ at, came_ms, duration_ms = 0 }, index) => {
    const call = { site: 'shop', id: `c${index}`, at, provider: 'pbx', session: '' }
    const within = (reach_ms: number) =>
      leases.filter((lease) => lease.from_ms <= call.at + reach_ms && lease.to_ms >= call.at - reach_ms)
    const about = {
      leases: within(90 * SECOND),
      clicks: new Map(),
      ...{ heard_ms: came_ms - duration_ms, came_ms },
    }
    const far = isDoubtful(call, about) ? within(SHIFT_MAX_MS + MINUTE) : undefined
    return evidenceRow(call, clockEvidence(call, { ...about, far }))
  })
  return rows.filter((row) => row !== undefined)
}

/** A number that somebody holds nearly always, with pauses of so long at most. */
function busyNumber(from_ms: number, to_ms: number, pause_max_ms = MINUTE): Lease[] {
  const random = seededRandom(7)
  const leases: Lease[] = []
  for (let begun_ms = from_ms; begun_ms < to_ms; ) {
    const seen_ms = begun_ms + Math.floor(MINUTE + random.next() * 4 * MINUTE)
    const lease = { session: `s${begun_ms}`, visitor: `v${begun_ms}`, pool: 'main', from_ms: begun_ms, seen_ms }
    leases.push({ ...lease, to_ms: seen_ms + 2.5 * MINUTE })
    begun_ms = seen_ms + 2.5 * MINUTE + Math.floor(random.next() * pause_max_ms)
  }
  return leases
}

/** So many calls at any moment of some days, each told of when `told` says. */
function anytime(calls: number, days: number, told: (at: number) => number): Rung[] {
  const random = seededRandom(8)
  return Array.from({ length: calls }, () => {
    const at = START_MS + Math.floor(random.next() * days * DAY)
    return { at, came_ms: told(at) }
  })
}

type Row = ReturnType<typeof ring>[number]

function openClocks() {
  const table = new Map<string, Row>()
  const history = {
    callClocks: async (_: string, ids: readonly string[]) => ids.flatMap((id) => table.get(id) ?? []),
    async clockEvidence(_: string, __: unknown, hour_calls_max: number) {
      asked.push(hour_calls_max)
      const hours = new Map<number, Row[]>()
      for (const row of [...table.values()].sort((one, other) => one.at - other.at)) {
        const hour = Math.floor(row.at / HOUR)
        hours.set(hour, [...(hours.get(hour) ?? []), row])
      }
      return [...hours.values()].flatMap((rows) => rows.slice(0, hour_calls_max))
    },
    clockPeriods: async () => [],
    doubtfulPeriods: async () => [],
  }
  const asked: number[] = []
  const clocks = new ProviderClocks()
  return {
    asked,
    of: (at: number) => clocks.of({ provider: 'pbx', at }),
    async take(rows: readonly Row[]) {
      const told = new Map(rows.map((row) => [row.id, row]))
      const { changes } = await clocks.update({ history, site: 'shop' }, told, 'changed')
      for (const row of changes.evidence.wanted) table.set(row.id, row)
      return changes.clocks.wanted
    },
  }
}

async function measure(said: Ringing) {
  const clocks = openClocks()
  const rows = await clocks.take(ring(said))
  return { ...clocks, rows }
}

/** How far off the clock is ever taken to be. */
async function shiftsBy(rung: readonly Rung[], leases: readonly Lease[]) {
  const rows = await openClocks().take(saidBy(rung, leases))
  expect(rows.length).toBeGreaterThan(0)
  return new Set(rows.map(({ shift_ms }) => shift_ms))
}

const MIDST = START_MS + DAY

describe('a clock of a provider that is off by whole quarter hours', () => {
  test.each([
    ['Moscow time given out as UTC', 3 * HOUR],
    ['New York’s', -5 * HOUR],
    ['half an hour off a whole one, as in India', 5.5 * HOUR],
    ['three quarters off it, as in Nepal', 5.75 * HOUR],
    ['as far off as a zone can be', -12 * HOUR],
    ['a quarter of an hour off', 15 * MINUTE],
  ])('is found by the leases that its calls rang in: %s', async (_, shift) => {
    const { of } = await measure({ ahead: () => shift })
    const { shift_ms, skew_ms, jitter_ms } = of(MIDST + shift)
    expect(shift_ms).toBe(shift)
    expect(Math.abs(skew_ms)).toBeLessThanOrEqual(5 * SECOND)
    expect(jitter_ms).toBeLessThanOrEqual(8 * SECOND)
  })

  test('is found with what it is off beside by some seconds', async () => {
    const { of } = await measure({ ahead: () => 3 * HOUR + 12 * SECOND, calls: 240, strangers: 0 })
    const { shift_ms, skew_ms } = of(MIDST)
    expect(shift_ms).toBe(3 * HOUR)
    expect(Math.abs(skew_ms - 12 * SECOND)).toBeLessThanOrEqual(5 * SECOND)
  })

  test('says how many calls bear it out, of those that could tell', async () => {
    const { rows } = await measure({ ahead: () => 3 * HOUR, calls: 20, strangers: 0 })
    const first = rows.find(({ shift_ms }) => shift_ms === 3 * HOUR)
    expect(first?.told).toBe(20)
    expect(first?.agreeing).toBe(20)
  })

  test('is taken to be right while fewer than five calls say otherwise', async () => {
    const said = { ahead: () => 3 * HOUR, strangers: 0 }
    expect((await measure({ ...said, calls: 4 })).of(MIDST).shift_ms).toBe(0)
    expect((await measure({ ...said, calls: 5 })).of(MIDST).shift_ms).toBe(3 * HOUR)
  })

  test('may be behind and its messages come late as well', async () => {
    const { of } = await measure({ ahead: () => -5 * HOUR, told_after: (ms) => ((ms * 7) % 9) * HOUR, calls: 120 })
    expect(of(MIDST).shift_ms).toBe(-5 * HOUR)
  })

  test('is not taken for one where calls are told of hours late, however evenly', async () => {
    let worlds = 0
    for (const late of [HOUR, 3 * HOUR, 12 * HOUR]) {
      for (let seed = 1; seed <= 10; seed++) {
        const world = { ahead: () => 0, seed, strangers: 30, visits: 6 }
        for (const told_after of [() => late, (ms: number) => late - (ms % HOUR), () => late + 20 * SECOND]) {
          const { rows } = await measure({ ...world, told_after })
          expect(rows.every(({ shift_ms }) => shift_ms === 0)).toBe(true)
          worlds += 1
        }
      }
    }
    expect(worlds).toBe(90)
  })

  test('is not made up where nobody holds the numbers that most call', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { rows } = await measure({ ahead: () => 0, strangers: 95, told_after: () => 2 * HOUR, seed, visits: 8 })
      expect(rows.filter(({ shift_ms }) => shift_ms !== 0)).toEqual([])
    }
  })

  test('is not taken for one where calls are dated by their ends, however busy their number is', async () => {
    for (const pause_max_ms of [MINUTE, 5 * MINUTE, 10 * MINUTE]) {
      const random = seededRandom(3)
      const leases = busyNumber(START_MS, START_MS + 3 * DAY, pause_max_ms)
      const rung = leases.flatMap(({ from_ms }, index): Rung[] => {
        const duration_ms = Math.floor((0.3 + random.next() * 6) * MINUTE)
        const at = from_ms + 20 * SECOND + duration_ms
        return index % 9 === 0 ? [{ at, came_ms: at + 2 * SECOND, duration_ms }] : []
      })
      expect(await shiftsBy(rung, leases)).toEqual(new Set([0]))
    }
  })

  test('is not taken for one that is some minutes fast', async () => {
    const leases = busyNumber(START_MS, START_MS + 3 * DAY)
    const rung = anytime(60, 3, (at) => at - 5 * MINUTE)
    expect(await shiftsBy(rung, leases)).toEqual(new Set([0]))
  })

  test('is not made up by calls of the hours before there was a tracker, told of later', async () => {
    const installed_ms = START_MS + 20 * DAY
    const leases = busyNumber(installed_ms, installed_ms + 5 * DAY)
    const rung = anytime(25 * 40, 25, () => installed_ms + 6 * DAY)
    expect(await shiftsBy(rung, leases)).toEqual(new Set([0]))
  })

  test('is not made up by calls of hours in which nobody is seen, told of later', async () => {
    const nightly = anytime(5 * 60, 5, (at) => Math.ceil(at / DAY) * DAY + 10 * HOUR)
    const days = [0, 1, 2, 3, 4].map((day) => START_MS + day * DAY)
    const byDay = days.flatMap((day_ms) => busyNumber(day_ms + 8 * HOUR, day_ms + 22 * HOUR))
    expect(await shiftsBy(nightly, byDay)).toEqual(new Set([0]))
    const broken_ms = START_MS + 2 * DAY
    const around = [...busyNumber(START_MS, broken_ms), ...busyNumber(broken_ms + 10 * HOUR, START_MS + 5 * DAY)]
    expect(await shiftsBy(nightly, around)).toEqual(new Set([0]))
  })

  test('that is behind is believed once calls of a day say so', async () => {
    const said = { ahead: () => -5 * HOUR, strangers: 0, calls: 20 }
    expect((await measure({ ...said, days: 0.9 })).of(START_MS).shift_ms).toBe(0)
    expect((await measure({ ...said, days: 1.3 })).of(START_MS).shift_ms).toBe(-5 * HOUR)
  })

  test('that is set right, or to summer time, is another from that moment on', async () => {
    const changed_ms = START_MS + 40 * HOUR
    const shiftOf = (ms: number) => (ms < changed_ms ? 3 * HOUR : 4 * HOUR)
    const { of } = await measure({ ahead: shiftOf, calls: 160, days: 4, strangers: 0 })
    expect(of(START_MS + 35 * HOUR + 3 * HOUR).shift_ms).toBe(3 * HOUR)
    expect(of(START_MS + 45 * HOUR + 4 * HOUR).shift_ms).toBe(4 * HOUR)
    const right = await measure({ ahead: (ms) => (ms < changed_ms ? -5 * HOUR : 0), calls: 160, days: 4 })
    expect(right.of(START_MS + 30 * HOUR - 5 * HOUR).shift_ms).toBe(-5 * HOUR)
    expect(right.of(START_MS + 60 * HOUR).shift_ms).toBe(0)
  })

  test('is right again when more calls say so', async () => {
    const clocks = openClocks()
    const wrong = ring({ ahead: () => 3 * HOUR, calls: 12, strangers: 0 })
    await clocks.take(wrong)
    expect(clocks.of(MIDST).shift_ms).toBe(3 * HOUR)
    // The same calls by newer messages, which say another time.
    await clocks.take(ring({ ahead: () => 0, calls: 12, strangers: 0 }))
    expect(clocks.of(MIDST).shift_ms).toBe(0)
  })

  test('is measured by few calls of an hour, however many come together', async () => {
    const rows = ring({ ahead: () => 3 * HOUR, calls: 400, days: 0.4 })
    const clocks = openClocks()
    await clocks.take(rows.slice(0, 200))
    await clocks.take(rows.slice(200))
    expect(Math.max(...clocks.asked)).toBe(3)
    const at_once = openClocks()
    await at_once.take(rows)
    expect(clocks.of(MIDST)).toEqual(at_once.of(MIDST))
    // Those of the table may be older words on the same calls.
    const right = ring({ ahead: () => 0, calls: 400, days: 0.4 })
    const again = openClocks()
    await again.take(rows)
    await again.take(right.slice(0, 300))
    const fresh = openClocks()
    const anew = new Map([...rows, ...right.slice(0, 300)].map((row) => [row.id, row]))
    await fresh.take([...anew.values()])
    expect(again.of(MIDST)).toEqual(fresh.of(MIDST))
  })

  test('is the same however its calls become known', async () => {
    const changed_ms = START_MS + 10 * DAY
    const rows = ring({ ahead: (ms) => (ms < changed_ms ? 3 * HOUR : 4 * HOUR), calls: 60, days: 16 })
    const whole = openClocks()
    const at_once = await whole.take(rows)
    expect(new Set(at_once.map(({ shift_ms }) => shift_ms))).toEqual(new Set([3 * HOUR, 4 * HOUR]))
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(rows, { minLength: rows.length }),
        fc.integer({ min: 1, max: 59 }),
        async (some, cut) => {
          const clocks = openClocks()
          await clocks.take(some.slice(0, cut))
          await clocks.take(some.slice(cut))
          for (let at = START_MS; at < START_MS + 17 * DAY; at += HOUR) expect(clocks.of(at)).toEqual(whole.of(at))
        },
      ),
      { numRuns: 5 },
    )
  })
})
