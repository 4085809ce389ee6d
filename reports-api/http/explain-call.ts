/** What is explained of a call's match. */
export interface ExplainedMatch {
  reason: string
  signs: readonly string[]
  clock_skew_ms: number
}

type Language = 'en' | 'ru'

type Words = Readonly<Record<Language, string>>

/** A clock that is off by less is not worth a word. */
const SKEW_TOLD_MS = 1_000

/** Why a call was given to a visit, or to none, for somebody who knows advertising and not this program. */
export function explainMatch(match: ExplainedMatch): Words {
  return { en: sentences(match, 'en').join(' '), ru: sentences(match, 'ru').join(' ') }
}

function sentences({ reason, signs: found, clock_skew_ms }: ExplainedMatch, language: Language): string[] {
  const isKept = reason === 'known_caller' && found.includes('number_kept')
  const why = isKept ? numberKept : reasons[reason]
  const beside = found.flatMap((sign) => signs[sign]?.[language] ?? [])
  return [...(why ? [why[language]] : []), ...beside, ...clock(clock_skew_ms, language)]
}

function clock(skew_ms: number, language: Language): string[] {
  if (Math.abs(skew_ms) < SKEW_TOLD_MS) return []
  const seconds = String(Math.round(Math.abs(skew_ms) / 1000))
  const words = skew_ms > 0 ? clockAhead : clockBehind
  return [words[language].replace('{seconds}', seconds)]
}

const reasons: Readonly<Record<string, Words>> = {
  number_on_screen: {
    en: 'The number was on this visitor’s screen when it rang.',
    ru: 'Номер был на экране этого посетителя, когда зазвонил телефон.',
  },
  number_in_reserve: {
    en: 'The number was kept for this visitor, who had just left the page.',
    ru: 'Номер был закреплён за посетителем, который только что ушёл со страницы.',
  },
  known_caller: {
    en: 'The number was shown to nobody, but the caller is known; this is their last visit.',
    ru: 'Номер никому не показывали, но звонящий известен; это его последний визит.',
  },
  static_number: { en: 'The number stands for one source.', ru: 'Номер закреплён за одним источником.' },
  sender_says: { en: 'The phone provider named the visitor.', ru: 'Посетителя назвал оператор телефонии.' },
  several_candidates: {
    en: 'Several visitors may have called, and none of them is likely enough.',
    ru: 'Позвонить могли несколько посетителей, и ни один из них не вероятнее прочих.',
  },
  nobody_held_it: {
    en: 'Nobody was shown the number at that time.',
    ru: 'В это время номер никому не показывали.',
  },
  not_tracked: { en: 'It is not a tracked number.', ru: 'Этот номер не отслеживается.' },
}

const numberKept: Words = {
  en: 'The caller was shown this number in an earlier visit, and has kept it.',
  ru: 'Звонящий видел этот номер в одном из прошлых визитов и сохранил его.',
}

const signs: Readonly<Record<string, Words>> = {
  phone_link_clicked: {
    en: 'A moment before, the phone link was clicked there.',
    ru: 'За мгновение до звонка там нажали на ссылку с телефоном.',
  },
  caller_known: {
    en: 'The caller’s phone is known from this browser.',
    ru: 'Телефон звонящего известен по этому браузеру.',
  },
  others_possible: { en: 'It may have been somebody else.', ru: 'Звонить мог и кто-то другой.' },
}

const clockAhead: Words = {
  en: 'The provider’s clock was {seconds} s ahead; that is taken into account.',
  ru: 'Часы оператора спешили на {seconds} с, это учтено.',
}

const clockBehind: Words = {
  en: 'The provider’s clock was {seconds} s behind; that is taken into account.',
  ru: 'Часы оператора отставали на {seconds} с, это учтено.',
}
