import { DAY, HOUR, MINUTE } from '../matching-world.ts'
import { contactsOf } from './contacts.ts'
import type { Person } from './population.ts'
import type { Society } from './society.ts'
import type { Named } from './truth.ts'
import { identifiersOf, type Visit } from './visit-events.ts'
import type { World } from './world.ts'

/** A request as the company's managers get it. */
export interface Request {
  call?: string
  lead?: string
  phone?: string
  email?: string
  /** Of a form: its hidden field tells the browser. */
  visit?: Visit
  /** Whose phone stands in it, when it is not the client's own: an agent's. */
  broker?: Person
}

/** Of the company: managers put it where a client gave no phone. */
export const HUB_PHONE = '+74952000088'

const stages = ['new', 'meeting', 'offer', 'contract']

/** A manager opens a deal for most requests, if none is open for this client. */
export function requestOf(society: Society, person: Person, request: Request): void {
  const { world, dealt } = society
  const { chance } = world
  if (person.wish === 'none' || dealt.has(person.id) || !chance.chance(0.75)) return
  dealt.add(person.id)
  world.at(world.now_ms + chance.skewed(3 * HOUR, 1.2), () => openDeal(society, person, request))
}

interface Course {
  id: string
  contact: string
  name: string
  phones: string[]
  emails: string[]
  created_ms: number
  /** What the CRM knows of where it came from. */
  links: { call: string; lead: string; visitor: string; ga: string; ym: string }
}

/** A deal begins now and takes its course over weeks and months. */
export function openDeal(society: Society, person: Person, request: Request, created_ms = society.world.now_ms): void {
  const { world } = society
  const { chance, truth } = world
  const course: Course = {
    id: world.newId('d'),
    contact: chance.chance(world.options.uncarded_share) ? '' : contactOf(world, person),
    name: world.names.onCard(person),
    ...cardOf(world, person, request),
    created_ms,
    links: linksOf(world, request),
  }
  noteDeal(world, person, course, request)
  const moments = [created_ms]
  for (const _ of stages.slice(1)) moments.push((moments.at(-1) as number) + chance.skewed(9 * DAY, 0.9))
  const reached = person.wish === 'buys' ? stages.length : chance.whole(1, stages.length)
  const isWon = person.wish === 'buys' && chance.chance(0.75)
  const amount = Math.round(chance.skewed(300_000, 0.8))
  const messages: Message[] = moments
    .slice(0, reached)
    .map((at, index) => ({ at, status: 'open', stage: stages[index] as string, amount: index === 0 ? null : amount }))
  const closed_ms = (messages.at(-1) as Message).at + chance.skewed(5 * DAY, 0.8)
  messages.push({ at: closed_ms, status: isWon ? 'won' : 'lost', stage: isWon ? 'paid' : 'refused', amount })
  if (isWon && chance.chance(0.15)) {
    const changed = chance.chance(0.3) ? 0 : Math.round(amount * chance.between(0.7, 1.1))
    messages.push({ at: closed_ms + chance.exponential(10 * DAY), status: 'won', stage: 'paid', amount: changed })
  }
  const revenue = isWon ? ((messages.at(-1) as Message).amount ?? 0) : 0
  truth.conversions.push({ id: course.id, kind: 'deal', person: person.id, at_ms: created_ms, revenue })
  for (const message of messages) tellDeal(world, course, message)
}

interface Message {
  at: number
  status: string
  stage: string
  amount: number | null
}

/** Messages of a CRM overtake each other, and come twice. */
function tellDeal(world: World, course: Course, { at, status, stage, amount }: Message): void {
  const { chance, options, now_ms } = world
  const moment = Math.max(Math.round(at), Math.round(course.created_ms))
  const { id, contact, name, phones, emails, created_ms, links } = course
  const said = {
    ...{ site: options.site, id, at: moment, status, stage, amount: amount?.toFixed(2) ?? null },
    ...{
      currency: 'RUB',
      contact_id: contact,
      contact_name: name,
      phones,
      emails,
      ...links,
      created_at: Math.round(created_ms),
    },
  }
  const delay_ms = chance.chance(options.late_share * 2) ? chance.exponential(1.5 * DAY) : chance.exponential(MINUTE)
  const received_at = Math.round(Math.max(moment, now_ms) + delay_ms)
  world.tell('deals', { ...said, received_at })
  if (chance.chance(options.repeated_share)) {
    world.tell('deals', { ...said, received_at: Math.round(received_at + chance.exponential(DAY)) })
  }
}

/** The client's card; one made twice stays twice. */
function contactOf({ chance, newId }: World, person: Person): string {
  if (person.contacts.length === 0 || chance.chance(0.15)) person.contacts.push(newId('k'))
  return person.contacts.at(-1) as string
}

/** What managers write onto the card: what the client wrote or called from, and often the right phone beside it. */
function cardOf(world: World, person: Person, { phone = '', email = '' }: Request): Pick<Course, 'phones' | 'emails'> {
  const { chance, options } = world
  const phones = phone === '' ? [] : [phone]
  if (phone === '' || chance.chance(0.35)) phones.push(chance.chance(0.03) ? HUB_PHONE : person.phone)
  const spouse = person.household?.members.find((member) => member !== person)
  if (spouse && chance.chance(options.spouse_share)) phones.push(spouse.phone)
  const emails = [email, ...(chance.chance(0.4) ? [person.email] : [])].filter((one) => one !== '')
  return { phones: [...new Set(phones)], emails: [...new Set(emails)] }
}

function linksOf({ chance }: World, { call = '', lead = '', visit }: Request): Course['links'] {
  const hasVisit = visit !== undefined && chance.chance(0.3)
  return {
    call: chance.chance(0.35) ? call : '',
    lead: chance.chance(0.35) ? lead : '',
    visitor: hasVisit ? visit.key.visitor : '',
    ga: hasVisit && visit.device.ga !== 'none' ? visit.device.ga : '',
    ym: hasVisit && visit.device.ym !== 'none' ? visit.device.ym : '',
  }
}

function noteDeal(world: World, person: Person, course: Course, { visit }: Request): void {
  const { truth } = world
  const { id, contact, phones, emails, links } = course
  const spouse = person.household?.members.find((member) => member !== person && phones.includes(member.phone))
  // The other one's phone is not the buyer's for standing on the card.
  if (spouse) truth.fact(spouse.id, [['phone', spouse.phone]])
  truth.nobodys(['phone', HUB_PHONE])
  const named: Named[] = [['deal', id]]
  if (contact !== '') named.push(['contact', contact])
  for (const phone of phones)
    if (phone !== HUB_PHONE && phone !== spouse?.phone) named.push(...contactsOf(world, { phone }))
  for (const email of emails) named.push(...contactsOf(world, { email }))
  if (links.call !== '') named.push(['call', links.call])
  if (links.lead !== '') named.push(['lead', links.lead])
  if (links.visitor !== '' && visit) named.push(...identifiersOf(visit).filter(([kind]) => kind !== 'session'))
  truth.fact(person.id, named)
}
