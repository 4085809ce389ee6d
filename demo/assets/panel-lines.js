// How the panel puts a history into words.

const inner = ['page', 'click', 'custom', 'leave']

/** Whether an entry is a detail of a visit, and not a step of the story. */
export const isInner = ({ kind }) => inner.includes(kind)

/** An entry as one line, and for a call the reason why it is yours. */
export function wordsOf(item, say, language) {
  const parts = {
    session: [sessionOf(item, say)],
    page: [(item.title || item.url || '').split(' · ')[0]],
    click: [item.click?.target ?? item.target],
    custom: [item.name],
    form: [Object.values(item.form?.fields ?? {}).join(', ')],
    call: [formatPhone(item.to)],
    deal: [say.statuses[item.status] ?? item.status, item.amount && formatMoney(item.amount, item.currency, language)],
    postback: [say.statuses[item.state ?? item.status] ?? item.status],
  }[item.kind]
  const text = (parts ?? []).filter(Boolean).join(', ')
  const reason = item.kind === 'call' ? (item.match?.reason ?? item.reason) : undefined
  return {
    title: `${say.kinds[item.kind] ?? item.kind}${text && `: ${text}`}`,
    reason: reason && (say.reasons[reason] ?? reason),
  }
}

function sessionOf({ channel, source, medium, campaign }, say) {
  if (channel === 'direct') return say.direct
  const tags = [source, medium, campaign].filter(Boolean).join(' / ')
  return channel?.startsWith('paid_') ? `${say.fromAd} ${tags}` : tags
}

/** What the ad platform was sent, as its own report would show it. */
export function postbackWords({ amount, currency, yclid, campaign }, say, language) {
  return [say.sale, formatMoney(amount, currency, language), campaign, yclid && `yclid ${yclid}`]
    .filter(Boolean)
    .join(' · ')
}

/** What ties the history together: «a browser, phone +7 926 …, e-mail …». */
export function knownWords(identifiers, say) {
  return Object.entries(say.known)
    .flatMap(([kind, word]) => {
      const values = identifiers.filter((one) => one.kind === kind).map(({ value }) => value)
      if (values.length === 0) return []
      return [kind === 'phone' || kind === 'email' ? `${word} ${values.map(formatPhone).join(', ')}` : word]
    })
    .join(', ')
}

export function formatMoney(amount, currency, language) {
  return new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB', {
    style: 'currency',
    currency: currency || 'RUB',
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: 0,
  }).format(Number(amount))
}

/** A Russian number the way it is written; anything else as it is. */
export function formatPhone(phone) {
  return String(phone ?? '').replace(/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, '+7 $1 $2-$3-$4')
}
