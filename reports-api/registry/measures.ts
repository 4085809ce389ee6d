import { SUSPICIOUS_SCORE } from '#domain/fraud.ts'

/** Tables that reports read. Leads and deals are both read from touchpoints, which repeat their conversion on every step. */
export type Source = 'sessions' | 'touchpoints' | 'costs'

/** A sum that metrics are made from: taken over one table, kept apart per group, and added up. */
export interface Measure {
  source: Source
  type: 'count' | 'money'
  /** The aggregate over rows for which the condition holds; `holds` is a SQL condition. */
  sum(holds: string): string
  /** Which rows count. Also the answer to «which rows are behind this number?». */
  where: string
}

const won = "conversion_kind = 'deal' AND status = 'won'"

export const measures = {
  visits: visit((holds) => `countIf(${holds})`),
  visitors: visit((holds) => `uniqExactIf(visitor, ${holds})`),
  pages: visit((holds) => `sumIf(pages, ${holds})`),
  bounces: visit((holds) => `countIf(${holds})`, 'bounce = 1'),

  leads: credit("conversion_kind = 'lead'"),
  first_leads: credit("conversion_kind = 'lead' AND first = 1"),
  target_leads: credit("conversion_kind = 'lead' AND target = 1"),
  suspicious_leads: credit(`conversion_kind = 'lead' AND fraud_score >= ${SUSPICIOUS_SCORE}`),
  forms: credit("conversion_kind = 'lead' AND lead_kind = 'form'"),
  calls: credit("conversion_kind = 'lead' AND lead_kind = 'call'"),
  target_calls: credit("conversion_kind = 'lead' AND lead_kind = 'call' AND target = 1"),
  missed_calls: credit("conversion_kind = 'lead' AND lead_kind = 'call' AND status != 'answered'"),
  deals: credit("conversion_kind = 'deal'"),
  deals_open: credit("conversion_kind = 'deal' AND status = 'open'"),
  deals_won: credit(won),
  deals_lost: credit("conversion_kind = 'deal' AND status = 'lost'"),
  // Deals in another currency add no revenue, so they may not thin out the average either.
  deals_priced: credit(`${won} AND in_currency`),
  deals_closed: credit(`${won} AND closed_at IS NOT NULL`),
  revenue: {
    source: 'touchpoints',
    type: 'money',
    where: `${won} AND in_currency`,
    sum: (holds) => `toDecimal128(toDecimal128(sumIf(credit_units, ${holds}), 4) / 10000, 4)`,
  },
  days_to_close: {
    source: 'touchpoints',
    type: 'count',
    where: `${won} AND closed_at IS NOT NULL`,
    sum: (holds) =>
      `sumIf(weight * dateDiff('millisecond', conversion_at, assumeNotNull(closed_at)) / 86400000, ${holds})`,
  },
  touches: {
    source: 'touchpoints',
    type: 'count',
    where: "conversion_kind = 'deal'",
    sum: (holds) => `sumIf(weight * touches, ${holds})`,
  },

  cost: {
    source: 'costs',
    type: 'money',
    where: 'in_currency',
    sum: (holds) => `toDecimal128(sumIf(cost, ${holds}), 4)`,
  },
  clicks: { source: 'costs', type: 'count', where: '1', sum: (holds) => `sumIf(clicks, ${holds})` },
  clicks_priced: { source: 'costs', type: 'count', where: 'in_currency', sum: (holds) => `sumIf(clicks, ${holds})` },
  impressions: { source: 'costs', type: 'count', where: '1', sum: (holds) => `sumIf(impressions, ${holds})` },
} as const satisfies Record<string, Measure>

export type MeasureName = keyof typeof measures

/** A measure by name, with the fields that every measure has. */
export function measure(name: MeasureName): Measure {
  return measures[name]
}

/** A sum of nothing, of the type that the measure has. */
export function zero({ type }: Measure): string {
  return type === 'money' ? 'toDecimal128(0, 4)' : 'toFloat64(0)'
}

function visit(sum: Measure['sum'], where = '1'): Measure {
  return { source: 'sessions', type: 'count', where, sum }
}

/** Conversions are counted by the credit their touches get, so that parts of a path add up to whole conversions. */
function credit(where: string): Measure {
  return { source: 'touchpoints', type: 'count', where, sum: (holds) => `sumIf(weight, ${holds})` }
}
