import { normalizeEmail } from '#domain/email.ts'
import type { FullName } from './names.ts'
import type { World } from './world.ts'

/** A browser. Its cookies may go, or count for one visit only. */
export interface Device {
  kind: 'mobile' | 'desktop' | 'tablet'
  visitor: string
  /** Empty where the counter is blocked. */
  ga: string
  ym: string
  /** Of the network it stands in: ingest gives one address only a few numbers. */
  address: string
  /** Of a showroom's tablet, which one after the other writes into: the visit that goes on, and when somebody came last. */
  showroom?: { session: string; seen_ms: number }
}

export interface Office {
  phone: string
  address: string
}

export interface Household {
  phone: string
  address: string
  /** A mailbox in common; empty when there is none. */
  email: string
  /** A tablet in the living room. */
  browser: Device | undefined
  members: Person[]
}

export interface Person {
  id: number
  name: FullName
  phone: string
  secondPhone: string
  /** Normalised; empty for who has none. */
  email: string
  /** Of an account on the site. */
  user: string
  office: Office | undefined
  household: Household | undefined
  devices: Device[]
  /** Of the CRM. A card made twice is there twice. */
  contacts: string[]
  /** The number kept from a visit, and the visit. */
  saved: { number: string; session: string } | undefined
  /** A wish to buy makes people come again, ask, and perhaps buy. */
  wish: 'none' | 'asks' | 'buys'
  withholds: boolean
}

const hosts = ['mail.ru', 'yandex.ru', 'gmail.com', 'bk.ru', 'icloud.com']
const mobileCodes = ['903', '905', '909', '910', '916', '917', '925', '926', '929', '960', '962', '963', '965', '977']

/** Makes people, their devices and their phones; no two phones, emails or browsers are the same. */
export function openPopulation(world: World) {
  const { chance, names, options } = world
  let phones = 0
  let households = 0
  let counters = 0
  let addresses = 0
  const offices = officeSeats(world, () => ({ phone: newLandline(), address: newAddress() }))

  function newMobile(): string {
    phones += 1
    const code = mobileCodes[phones % mobileCodes.length] as string
    return `+7${code}${scattered(phones)}`
  }

  function newLandline(): string {
    phones += 1
    return `+7495${scattered(phones)}`
  }

  function newAddress(): string {
    addresses += 1
    return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
  }

  function newDevice(kind: Device['kind'], address: string): Device {
    const device: Device = { kind, visitor: '', ga: 'none', ym: 'none', address }
    if (chance.chance(0.85)) device.ga = ''
    if (chance.chance(0.9)) device.ym = ''
    loseCookies(device)
    return device
  }

  /** New ids in the place of the old ones. A blocked counter stays blocked: `none`. */
  function loseCookies(device: Device): void {
    counters += 1
    device.visitor = world.newId('v')
    if (device.ga !== 'none') device.ga = newCounterId()
    if (device.ym !== 'none') device.ym = `17${scattered(counters)}${counters % 1_000_000}`
  }

  function newCounterId(): string {
    counters += 1
    return `${1_000_000 + counters}.17${scattered(counters)}`
  }

  function newHousehold(): Household {
    const address = newAddress()
    const browser = chance.chance(0.3) ? newDevice('tablet', address) : undefined
    households += 1
    const email = names.isMailboxShared() ? `family${households}@mail.ru` : ''
    return { phone: newLandline(), address, email, browser, members: [] }
  }

  function newPerson(household?: Household): Person {
    const id = world.truth.newPerson()
    const office = chance.chance(options.office_share) ? offices.take() : undefined
    const address = household?.address ?? newAddress()
    const raw = `client${id}@${chance.pick(hosts)}`
    const person: Person = {
      ...{ id, household, office, name: names.newName(household), contacts: [], saved: undefined },
      phone: newMobile(),
      secondPhone: chance.chance(0.08) ? newMobile() : '',
      email: chance.chance(0.75) ? (normalizeEmail(raw) as string) : '',
      user: chance.chance(0.1) ? `account${id}` : '',
      devices: [newDevice('mobile', newAddress())],
      wish: chance.chance(options.asking_share) ? chance.weighted({ asks: 5, buys: 3 }) : 'none',
      withholds: chance.chance(0.03),
    }
    if (chance.chance(0.55)) person.devices.push(newDevice('desktop', address))
    if (person.office) person.devices.push(newDevice('desktop', person.office.address))
    household?.members.push(person)
    return person
  }

  return { newPerson, newHousehold, newDevice, newMobile, newLandline, newAddress, newCounterId, loseCookies }
}

export type Population = ReturnType<typeof openPopulation>

/** Seats of offices of very different sizes, the largest as large as may be, in the order they are filled. */
function officeSeats({ options, chance }: World, newOffice: () => Office): { take(): Office | undefined } {
  const wanted = Math.round(options.people * options.office_share)
  const seats: Office[] = []
  for (let left = wanted; left > 0; ) {
    const largest = Math.max(2, Math.min(options.office_people_max, Math.ceil(wanted * 0.4), left))
    const size = seats.length === 0 ? largest : Math.max(2, Math.round(largest * chance.next() ** 3))
    const office = newOffice()
    for (let seat = 0; seat < size; seat++) seats.push(office)
    left -= size
  }
  return {
    take() {
      if (seats.length === 0) return undefined
      const place = chance.whole(0, seats.length)
      const seat = seats[place] as Office
      seats[place] = seats.at(-1) as Office
      seats.pop()
      return seat
    },
  }
}

/** Seven digits that differ for different numbers below ten million, and do not look like a count. */
function scattered(number: number): string {
  return String((number * 7_368_787 + 1_234_567) % 10_000_000).padStart(7, '0')
}
