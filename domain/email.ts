const TEXT_LENGTH_MAX = 400
const ADDRESS_LENGTH_MAX = 254
const LOCAL_LENGTH_MAX = 64

/**
 * One spelling for one mailbox, or undefined when the text is no address: lower-case, the host in ASCII, and the
 * provider's own rules (Gmail ignores dots, Yandex has one box behind its hosts, most cut off `+tag`).
 */
export function normalizeEmail(text: string): string | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined
  const address = /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text
  const [local, host, ...more] = address
    .trim()
    .replace(/^mailto:/i, '')
    .normalize('NFKC')
    .toLowerCase()
    .split('@')
  if (!local || !host || more.length > 0) return undefined
  if (local.length > LOCAL_LENGTH_MAX || !isLocalPart(local)) return undefined
  const ascii = asciiHost(host)
  if (ascii === undefined) return undefined

  const provider = providers.get(ascii)
  const box = provider ? provider.box(local) : local
  const normal = `${box}@${provider?.host ?? ascii}`
  return box === '' || normal.length > ADDRESS_LENGTH_MAX ? undefined : normal
}

function isLocalPart(local: string): boolean {
  return /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u.test(local) && !/^\.|\.$|\.\./.test(local)
}

function asciiHost(host: string): string | undefined {
  const plain = host.replace(/\.$/, '')
  const ascii = /^[a-z0-9.-]+$/.test(plain) ? plain : encodeHost(plain)
  const isHost = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$/.test(ascii)
  return isHost ? ascii : undefined
}

function encodeHost(host: string): string {
  // Anything but letters would be read as a path, a port or a password.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(host) || !URL.canParse(`http://${host}`)) return ''
  return new URL(`http://${host}`).hostname
}

interface Provider {
  host: string
  box(local: string): string
}

const withoutTag = (local: string) => local.split('+', 1)[0] as string

// Only what the providers document: a rule that joins two people's boxes does more harm than two spellings kept apart.
const providers = new Map<string, Provider>([
  ...group('gmail.com', ['gmail.com', 'googlemail.com'], (local) => withoutTag(local).replaceAll('.', '')),
  ...group(
    'yandex.ru',
    [
      'yandex.ru',
      'ya.ru',
      'yandex.com',
      'yandex.by',
      'yandex.kz',
      'yandex.ua',
      'yandex.uz',
      'yandex.com.tr',
      'narod.ru',
    ],
    (local) => withoutTag(local).replaceAll('.', '-'),
  ),
  ...group('proton.me', ['proton.me', 'protonmail.com', 'pm.me'], (local) => withoutTag(local).replace(/[._-]/g, '')),
  // Older addresses of Apple's go on as other names of the same box.
  ...group('icloud.com', ['icloud.com', 'me.com', 'mac.com'], withoutTag),
  ...['outlook.com', 'hotmail.com', 'live.com', 'fastmail.com'].flatMap((host) => group(host, [host], withoutTag)),
])

function group(host: string, hosts: readonly string[], box: Provider['box']): [string, Provider][] {
  return hosts.map((name) => [name, { host, box }])
}

/** What a box is called that a firm answers from, whoever is on duty. Digits may follow. */
const roleBoxes = [
  'info|inform|information|office|ofis|mail|post|pochta|company|firma|general|common|contacts?|kontakt|hello|hi|ask|welcome',
  'admin|administrator|webmaster|root|support|help|helpdesk|service|servis|feedback|team|reception|resepshn|priem|priemnaya',
  'secretary|sekretar|secretariat|director|direktor|boss|ceo|manager|menedzher|sales?|sbyt|prodazhi|otdel|zakaz|zakazy',
  'orders?|zayavka|zayavki|shop|store|magazin|opt|zakup|zakupki|snab|snabzhenie|tender|torgi|buh|buhg|buhgalter|buhgalteria',
  'buhgalteriya|buch|glavbuh|accounting|accounts?|finance|billing|invoice|hr|kadry|jobs?|rabota|resume|career|cv',
  'marketing|reklama|adv|pr|press|media|partners?|booking|bron|reservations?|sklad|logist|logistika|dostavka',
  'инфо|офис|почта|заказ|заказы|заявка|продажи|приемная|бухгалтерия|директор|контакт',
].join('|')
const roleBox = new RegExp(`^(?:${roleBoxes})(?:[-_.]?\\d{1,4})?$`)

/** Where anybody has a box by any name that was free: `director77@mail.ru` is a person. */
const publicHosts = new Set([
  ...[...providers.values()].map(({ host }) => host),
  ...'mail.ru bk.ru inbox.ru list.ru internet.ru xmail.ru rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru'.split(
    ' ',
  ),
  ...'vk.com qip.ru pochta.ru ukr.net i.ua tut.by mail.kz yahoo.com aol.com msn.com gmx.de gmx.net web.de mail.com'.split(
    ' ',
  ),
])

/** Whether an email (normalised) is a firm's and answered by whoever is on duty: `info@`, `zakaz@`. It tells of no person. */
export function isRoleEmail(email: string): boolean {
  const [box = '', host = ''] = email.split('@')
  return roleBox.test(box) && !publicHosts.has(host)
}
