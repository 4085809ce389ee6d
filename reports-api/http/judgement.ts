import { type FraudSign, fraudSigns, type SeenSign } from '#domain/fraud.ts'
import type { Mask } from './mask.ts'

/** What is thought of a request: by the rules, by people, and by the signs of fraud. */
export interface JudgedRow {
  first: number
  target: number
  target_auto: number
  verdict: string
  fraud_score: number
  fraud_signs: string
}

/** Those of `conversions` that `shapeJudgement` needs. */
export const judgedColumns = ['first', 'target', 'target_auto', 'verdict', 'fraud_score', 'fraud_signs'] as const

/** `target` is what counts; beside it stands who said so: a person's verdict, when there is one, outranks the rules. */
export function shapeJudgement(row: JudgedRow, mask: Mask) {
  return {
    first: row.first === 1,
    target: row.target === 1,
    verdict: { auto: row.target_auto === 1 ? 'target' : 'not_target', manual: row.verdict || null },
    fraud: { score: row.fraud_score, signs: readSigns(row.fraud_signs).map((sign) => shapeSign(sign, mask)) },
  }
}

function shapeSign({ sign, weight, evidence }: SeenSign, mask: Mask) {
  const shown = Object.entries(evidence).map(([name, value]) => [name, shownValue(value, mask)])
  return { sign, label: labelOf(sign), weight, evidence: Object.fromEntries(shown) }
}

/** Names of campaigns and ids come from elsewhere, and may hold anything. */
function shownValue(value: SeenSign['evidence'][string], mask: Mask) {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? mask.text(value) : value.map((part) => mask.text(part))
}

function labelOf(sign: FraudSign): { en: string; ru: string } {
  // A newer matching may have written a sign that this service does not know yet.
  return fraudSigns[sign]?.label ?? { en: sign, ru: sign }
}

function readSigns(text: string): SeenSign[] {
  return text === '' ? [] : (JSON.parse(text) as SeenSign[])
}
