/** A text in both languages of the dashboard. */
interface Text {
  en: string
  ru: string
}

interface SignRule {
  /** How much of the remaining trust the sign takes: 0 to 1. */
  weight: number
  label: Text
}

/**
 * Signs that a lead or call may be bought, made up or sold twice. None of them is proof, and nothing is ever deleted for
 * them: they make a score, and a person decides.
 */
export const fraudSigns = {
  marked_spam: { weight: 0.9, label: { en: 'Marked as spam by a person', ru: 'Человек отметил как спам' } },
  blocked_number: {
    weight: 0.6,
    label: { en: 'A number on the blocked list of the site', ru: 'Номер из списка заблокированных на сайте' },
  },
  lost_as_fake: {
    weight: 0.5,
    label: { en: 'The CRM closed its deal as no request', ru: 'CRM закрыла сделку: заявки не было или не дозвонились' },
  },
  spam_before: {
    weight: 0.5,
    label: { en: 'Earlier requests of this number are spam', ru: 'Прежние обращения с этого номера отмечены как спам' },
  },
  many_requests: {
    weight: 0.4,
    label: { en: 'Many requests from one number in a day', ru: 'Много обращений с одного номера за день' },
  },
  instant_call: {
    weight: 0.4,
    label: { en: 'Called the moment the number was shown', ru: 'Звонок в ту секунду, когда показали номер' },
  },
  same_address: {
    weight: 0.35,
    label: { en: 'Many forms from one address in a day', ru: 'Много форм с одного адреса за день' },
  },
  duplicate_sale: {
    weight: 0.35,
    label: { en: 'Brought again by another paid source', ru: 'Повторно приведён другим платным источником' },
  },
  short_calls: {
    weight: 0.3,
    label: { en: 'A series of calls without a talk', ru: 'Серия звонков без разговора' },
  },
  no_activity: {
    weight: 0.3,
    label: { en: 'A form sent without looking at the site', ru: 'Форма отправлена, сайт не смотрели' },
  },
  names_differ: {
    weight: 0.25,
    label: { en: 'Different names for one number', ru: 'Разные имена при одном номере' },
  },
  many_projects: {
    weight: 0.25,
    label: { en: 'One person asks about many projects', ru: 'Один человек обращается по многим проектам' },
  },
  known_client: {
    weight: 0.25,
    label: { en: 'In the CRM before the paid visit', ru: 'Был в CRM до платного визита' },
  },
  burst: {
    weight: 0.25,
    label: { en: 'A burst against the norm of the week', ru: 'Всплеск против нормы площадки за неделю' },
  },
  country_mismatch: {
    weight: 0.2,
    label: { en: 'Phone and visit of different countries', ru: 'Телефон и визит из разных стран' },
  },
  no_visit: { weight: 0.1, label: { en: 'No visit is known', ru: 'Визит неизвестен' } },
} as const satisfies Record<string, SignRule>

export type FraudSign = keyof typeof fraudSigns

export interface SeenSign {
  sign: FraudSign
  weight: number
  /** Numbers, days and ids; never a phone, an address or a name. */
  evidence: Record<string, number | string | readonly string[]>
}

/** From this score on a lead counts as suspicious. */
export const SUSPICIOUS_SCORE = 50

/** A sign as it was seen; a stronger form of it weighs more. */
export function seen(
  sign: FraudSign,
  evidence: SeenSign['evidence'],
  weight: number = fraudSigns[sign].weight,
): SeenSign {
  return { sign, weight, evidence }
}

/** The heaviest first: one order, so that the same signs give the same score to the last digit. */
export function sortSigns(signs: readonly SeenSign[]): SeenSign[] {
  return signs.toSorted((a, b) => b.weight - a.weight || (a.sign < b.sign ? -1 : 1))
}

/** 0 to 100: 100 · (1 − Π(1 − weight)). Each sign takes its share of the trust the others left. */
export function fraudScore(signs: readonly SeenSign[]): number {
  const trust = sortSigns(signs).reduce((left, { weight }) => left * (1 - weight), 1)
  return Math.round(100 * (1 - trust))
}
