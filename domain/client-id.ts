/** The client id of Google Analytics as `X.Y`, from a raw `_ga` cookie or from its last two parts; undefined for anything else. */
export function normalizeGa(text: string): string | undefined {
  // As the tracker sends it, and left out: at once.
  if (text === '') return undefined
  if (plainGa.test(text)) return text
  // `_ga_STREAM` cookies (GS1…, GS2…) name a session, not a browser.
  const found = /^\s*(?:GA\d\.\d{1,2}(?:-\d{1,2})?\.)?(\d{1,20})\.(\d{1,20})\s*$/.exec(text)
  if (!found || Number(found[1]) === 0 || Number(found[2]) === 0) return undefined
  return `${found[1]}.${found[2]}`
}

const plainGa = /^[1-9]\d{0,19}\.[1-9]\d{0,19}$/

/**
 * The id of a Google Analytics session, a Unix time in seconds, from a raw `_ga_STREAM` cookie of either format
 * (`GS1.1.1674837243.1…`, `GS2.1.s1674837243$o1…`) or from its digits; undefined for anything else.
 */
export function normalizeGaSession(text: string): string | undefined {
  if (text === '') return undefined
  const cookie = /^\s*(?:GS1\.\d{1,2}\.|GS2\.\d{1,2}\.(?:[^.]*\$)?s)([1-9]\d{8,11})(?:[.$]|\s*$)/.exec(text)
  return (cookie ?? /^\s*([1-9]\d{8,11})\s*$/.exec(text))?.[1]
}

/** The client id of Yandex Metrica (cookie `_ym_uid`): digits, the first ten of them a Unix time. */
export function normalizeYm(text: string): string | undefined {
  if (plainYm.test(text)) return text
  const found = /^\s*(\d{10,25})\s*$/.exec(text)?.[1]
  return found && !/^0+$/.test(found) ? found : undefined
}

const plainYm = /^[1-9]\d{9,24}$/
