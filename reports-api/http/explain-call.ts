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
  return [...(why ? [why[language]] : []), ...beside, ...clockWords(clock_skew_ms, language)]
}

/** How far off a provider's clock was, and how sure that is. */
export function explainClock(clock: { shift_ms: number; skew_ms: number; agreeing: number; told: number }): Words {
  const said = (language: Language) => {
    const words = clockWords(clock.shift_ms + clock.skew_ms, language)
    if (clock.shift_ms === 0) return words.join(' ') || clockRight[language]
    const borneOut = clockBorneOut[language]
      .replace('{agreeing}', String(clock.agreeing))
      .replace('{told}', String(clock.told))
    return [...words, borneOut].join(' ')
  }
  return { en: said('en'), ru: said('ru') }
}

function clockWords(skew_ms: number, language: Language): string[] {
  if (Math.abs(skew_ms) < SKEW_TOLD_MS) return []
  const isShifted = Math.abs(skew_ms) >= SHIFT_MIN_MS
  const words = isShifted ? (skew_ms > 0 ? zoneAhead : zoneBehind) : skew_ms > 0 ? clockAhead : clockBehind
  const span = isShifted ? inMinutes(skew_ms, language) : String(Math.round(Math.abs(skew_ms) / 1000))
  return [words[language].replace('{by}', span)]
}

/** What goes beyond the minute within which any clock is measured is whole quarter hours. */
const SHIFT_MIN_MS = 2 * 60_000

function inMinutes(skew_ms: number, language: Language): string {
  const minutes = Math.round(Math.abs(skew_ms) / 60_000)
  const parts = [
    [Math.floor(minutes / 60), { en: 'h', ru: 'ч' }],
    [minutes % 60, { en: 'min', ru: 'мин' }],
  ] as const
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit[language]}`])).join(' ')
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
  held_by_bot: {
    en: 'A bot was, and bots do not call.',
    ru: 'Его видел только робот, а роботы не звонят.',
  },
  others_possible: { en: 'It may have been somebody else.', ru: 'Звонить мог и кто-то другой.' },
}

const clockAhead: Words = {
  en: 'The provider’s clock was {by} s ahead; that is taken into account.',
  ru: 'Часы оператора спешили на {by} с, это учтено.',
}

const clockBehind: Words = {
  en: 'The provider’s clock was {by} s behind; that is taken into account.',
  ru: 'Часы оператора отставали на {by} с, это учтено.',
}

const zoneAhead: Words = {
  en: 'The provider’s clock was {by} ahead, set to another time zone; the time of the call is put right.',
  ru: 'Часы оператора спешили на {by}: они идут по другому часовому поясу; время звонка исправлено.',
}

const zoneBehind: Words = {
  en: 'The provider’s clock was {by} behind, set to another time zone; the time of the call is put right.',
  ru: 'Часы оператора отставали на {by}: они идут по другому часовому поясу; время звонка исправлено.',
}

const clockBorneOut: Words = {
  en: 'By that time {agreeing} of the {told} calls that could tell rang while somebody was shown the number.',
  ru: 'По такому времени {agreeing} из {told} звонков, по которым это видно, пришли, когда номер кому-то показывали.',
}

const clockRight: Words = { en: 'The provider’s clock was right.', ru: 'Часы оператора шли верно.' }
