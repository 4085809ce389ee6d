import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START_MS } from '#tests/support/matching-world.ts'
import { seededRandom } from '#tests/support/random.ts'
import { clockEvidence } from './call-evidence.ts'
import { type ClockEvidence, unknownClock } from './clock-evidence.ts'
import { clickerKey, type Lease } from './match-call.ts'
import { evidenceRow, ProviderClocks } from './provider-clocks.ts'

const noRows = async () => []
const emptyTables = {
  history: { callClocks: noRows, clockEvidence: noRows, clockPeriods: noRows, doubtfulPeriods: noRows },
  site: 'shop',
}

interface Ringing {
  /** How far the provider's clock is ahead. */
  ahead: number
  /** How far a message may be off on either side. */
  jitter?: number
  calls?: number
  /** How long after the end of a call its message comes. */
  told_after?: number
  clicks?: boolean
  /** How long people read and dial before it rings. */
  earliest?: number
  /** How many ring once they have left the page. */
  left_share?: number
}

/** Calls spread evenly over leases of two minutes that follow each other, as a provider with such a clock dates them. */
function ring({ ahead, jitter = 0, calls = 200, told_after = 30 * DAY, clicks = false, ...habits }: Ringing) {
  const { earliest = 0, left_share = 0 } = habits
  const random = seededRandom(7)
  return Array.from({ length: calls }, (_, index) => {
    const begun_ms = START_MS + index * HOUR
    const leases = [0, 1, 2].map((turn): Lease => {
      const from_ms = begun_ms + turn * 5 * MINUTE
      const times = { from_ms, seen_ms: from_ms + 2 * MINUTE, to_ms: from_ms + 4.5 * MINUTE }
      return { session: `s${index}-${turn}`, visitor: `v${index}-${turn}`, pool: 'main', ...times }
    })
    const isLeft = left_share > 0 && random.next() < left_share
    const after_ms = isLeft ? (2 + 2.5 * random.next()) * MINUTE : earliest + random.next() * (2 * MINUTE - earliest)
    const rang_ms = begun_ms + 5 * MINUTE + after_ms
    const at = Math.round(rang_ms + ahead + (2 * random.next() - 1) * jitter)
    const call = { site: 'shop', id: `c${index}`, at, provider: 'pbx', session: '' }
    const clicked = clicks ? [[clickerKey(leases[1] as Lease), [rang_ms - 4 * SECOND]] as const] : []
    const about = { leases, clicks: new Map(clicked), heard_ms: rang_ms + told_after }
    return { call, evidence: clockEvidence(call, about) }
  })
}

async function measure(
  rung: readonly { call: Parameters<typeof evidenceRow>[0]; evidence: ClockEvidence | undefined }[],
) {
  const clocks = new ProviderClocks()
  await clocks.update(
    emptyTables,
    new Map(rung.map(({ call, evidence }) => [call.id, evidenceRow(call, evidence)])),
    'changed',
  )
  return clocks
}

describe("a provider's clock", () => {
  test.each([0, 10 * SECOND, -10 * SECOND, 40 * SECOND])(
    'that is %i ms ahead is found by leases alone',
    async (ahead) => {
      const clocks = await measure(ring({ ahead, jitter: SECOND }))
      const { skew_ms, jitter_ms, calls } = clocks.of({ provider: 'pbx', at: START_MS + 3 * DAY })
      expect(Math.abs(skew_ms - ahead)).toBeLessThanOrEqual(2 * SECOND)
      expect(jitter_ms).toBeLessThanOrEqual(4 * SECOND)
      expect(calls).toBeGreaterThan(100)
    },
  )

  test.each([
    [0, 6 * SECOND],
    [0, 12 * SECOND],
    [10 * SECOND, 12 * SECOND],
    [-10 * SECOND, 0],
  ])('that is %i ms ahead is no further ahead because callers take %i ms to read and dial', async (ahead, earliest) => {
    const clocks = await measure(ring({ ahead, jitter: SECOND, calls: 400, earliest, left_share: 0.15 }))
    const { skew_ms } = clocks.of({ provider: 'pbx', at: START_MS + 3 * DAY })
    expect(Math.abs(skew_ms - ahead)).toBeLessThanOrEqual(3 * SECOND)
  })

  test.each([-10 * SECOND, -5 * SECOND])('that is %i ms ahead is at least not taken to be fast', async (ahead) => {
    const clocks = await measure(ring({ ahead, jitter: SECOND, calls: 85, earliest: 12 * SECOND, left_share: 0.15 }))
    const { skew_ms } = clocks.of({ provider: 'pbx', at: START_MS + 3 * DAY })
    expect(skew_ms).toBeLessThanOrEqual(0)
    expect(skew_ms).toBeGreaterThanOrEqual(ahead - 3 * SECOND)
  })

  test('is known after few calls to be far off where phone links are clicked', async () => {
    const skewOf = async (clicks: boolean) =>
      (await measure(ring({ ahead: 40 * SECOND, calls: 6, clicks }))).of({ provider: 'pbx', at: START_MS }).skew_ms
    expect(await skewOf(true)).toBeGreaterThanOrEqual(20 * SECOND)
    expect(await skewOf(true)).toBeLessThanOrEqual(45 * SECOND)
    expect(await skewOf(false)).toBeLessThan(20 * SECOND)
  })

  test('is ahead when messages come before the calls they tell of', async () => {
    const alone = ring({ ahead: 20 * SECOND, calls: 12, told_after: SECOND }).map(({ call }) => ({
      call,
      evidence: clockEvidence(call, { leases: [], clicks: new Map(), heard_ms: call.at - 19 * SECOND }),
    }))
    const { skew_ms } = (await measure(alone)).of({ provider: 'pbx', at: START_MS })
    expect(skew_ms).toBeGreaterThanOrEqual(15 * SECOND)
    expect(skew_ms).toBeLessThanOrEqual(25 * SECOND)
  })

  test('is taken to be right while hardly a call says otherwise', async () => {
    const clocks = await measure(ring({ ahead: 10 * SECOND, calls: 2 }))
    expect(clocks.of({ provider: 'pbx', at: START_MS }).skew_ms).toBe(0)
    expect(clocks.of({ provider: 'other', at: START_MS })).toEqual(unknownClock)
  })

  test('is measured week by week, with the help of the weeks around it', async () => {
    const weeks = [...ring({ ahead: 0, calls: 24 * 7 }), ...ring({ ahead: 10 * SECOND, calls: 24 * 60 })]
    const late = weeks.map(({ call, evidence }, index) => {
      const at = index < 24 * 7 ? call.at : call.at + 40 * DAY
      return { call: { ...call, at, id: `${call.id}-${index}` }, evidence }
    })
    const clocks = await measure(late)
    expect(Math.abs(clocks.of({ provider: 'pbx', at: START_MS + 2 * DAY }).skew_ms)).toBeLessThanOrEqual(2 * SECOND)
    expect(Math.abs(clocks.of({ provider: 'pbx', at: START_MS + 70 * DAY }).skew_ms - 10 * SECOND)).toBeLessThanOrEqual(
      2 * SECOND,
    )
  })

  test('is the same however its calls become known', async () => {
    const rung = ring({ ahead: 8 * SECOND, jitter: 2 * SECOND, calls: 40, told_after: 2 * SECOND })
    const rows = rung.map(({ call, evidence }) => [call.id, evidenceRow(call, evidence)] as const)
    const at_once = (await measure(rung)).of({ provider: 'pbx', at: START_MS })
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(rows, { minLength: rows.length }),
        fc.integer({ min: 1, max: 40 }),
        async (some, cut) => {
          const clocks = new ProviderClocks()
          const table = new Map<string, NonNullable<(typeof rows)[number][1]>>()
          const history = {
            callClocks: async (_: string, ids: readonly string[]) => ids.flatMap((id) => table.get(id) ?? []),
            clockEvidence: async () => [...table.values()],
            clockPeriods: noRows,
            doubtfulPeriods: noRows,
          }
          for (const part of [some.slice(0, cut), some.slice(cut)]) {
            const { changes } = await clocks.update({ history, site: 'shop' }, new Map(part), 'changed')
            for (const row of changes.evidence.wanted) table.set(row.id, row)
          }
          expect(clocks.of({ provider: 'pbx', at: START_MS })).toEqual(at_once)
        },
      ),
      { numRuns: 8 },
    )
  })
})
