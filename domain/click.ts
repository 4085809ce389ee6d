export type ClickKind = 'phone' | 'email' | 'messenger' | 'outbound' | 'download'

const kinds: readonly [ClickKind, RegExp][] = [
  ['phone', /^(tel|callto):/i],
  ['email', /^mailto:/i],
  ['messenger', /^(whatsapp|viber|tg|max|sms|skype):/i],
  ['messenger', /^https?:\/\/((wa|t|vk|m)\.me|(\w+\.)*(whatsapp\.com|telegram\.me|max\.ru)|vk\.com\/im)(\/|$)/i],
  ['download', /^https?:\/\/[^/]+\/.*\.(pdf|(doc|xls|ppt)x?|zip|rar|7z|csv|apk|exe|dmg)$/i],
]

/** What a click on this address was for, and the address without what only repeats that. */
export function readClick(address: string): { kind: ClickKind; target: string } {
  const kind = kinds.find(([, fits]) => fits.test(address))?.[0] ?? 'outbound'
  const isNumber = kind === 'phone' || kind === 'email'
  return { kind, target: isNumber ? address.replace(/^\w+:(\/\/)?/, '') : address }
}
