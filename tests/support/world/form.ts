import { HOUR, MINUTE, SECOND } from '../matching-world.ts'
import { contactsOf, type Typed, typeContact } from './contacts.ts'
import { requestOf } from './deal.ts'
import type { Person } from './population.ts'
import type { Society } from './society.ts'
import { eventOf, identifiersOf, type Visit } from './visit-events.ts'
import type { World } from './world.ts'

/** A form is sent now from a visit; the site's server may tell of it too. */
export function sendForm(society: Society, visit: Visit): void {
  const { world } = society
  const { person } = visit
  const { chance, truth, options } = world
  const typed = typeContact(world, person)
  const event = eventOf(world, visit)
  const { url } = visit.arrival
  const row = {
    ...event,
    type: 'form',
    url,
    form_id: 'request',
    contact_name: typed.name,
    phone: typed.phone,
    email: typed.email,
  }
  world.tell('events', { ...row, form_fields: typed.fields })
  noteForm(world, visit, event.id, typed)
  truth.conversions.push({ id: event.id, kind: 'lead', person: person.id, at_ms: world.now_ms, revenue: 0 })
  if (chance.chance(options.repeated_share)) {
    const received_at = Math.round(row.received_at + chance.exponential(5 * MINUTE))
    world.tell('events', { ...row, form_fields: typed.fields, received_at })
  }
  const told = chance.chance(0.3) ? tellWebhook(world, person, event.id, typed) : event.id
  // Pressed once more: the same request under another id.
  if (chance.chance(0.04)) {
    world.at(world.now_ms + 5 * SECOND, () => {
      const again = eventOf(world, visit)
      world.tell('events', { ...row, ...again, form_fields: typed.fields })
      noteForm(world, visit, again.id, typed)
    })
  }
  requestOf(society, person, { lead: told, ...typed.written, visit })
}

/** A request that came by another road: an exchange of advertisements, with the client's phone. */
export function sendMarketplaceLead(society: Society, person: Person): void {
  const { world } = society
  const { chance, truth, options, now_ms } = world
  const id = world.newId('m')
  const { name, written } = typeContact(world, person)
  const { phone, email } = written
  truth.fact(person.id, [['lead', id], ...contactsOf(world, { phone, email })])
  truth.conversions.push({ id, kind: 'lead', person: person.id, at_ms: now_ms, revenue: 0 })
  const late_ms = chance.chance(options.late_share) ? chance.exponential(8 * HOUR) : 3 * SECOND
  world.tell('leads', {
    ...{ site: options.site, id, at: now_ms, received_at: Math.round(now_ms + late_ms), kind: 'marketplace' },
    ...{ name, phone, email, source: 'avito', medium: 'marketplace', channel: 'organic_shopping' },
  })
  requestOf(society, person, { lead: id, phone, email })
}

/** The visitor says who it is, by signing in. */
export function identify(society: Society, visit: Visit): void {
  const { world } = society
  const { person } = visit
  // Half of the time the site tells the id of the account alone.
  const email = world.chance.chance(0.5) ? person.email : ''
  const row = { ...eventOf(world, visit), type: 'identify', user: person.user, email }
  world.tell('events', row)
  world.truth.fact(person.id, [...identifiersOf(visit), ['user', person.user], ...contactsOf(world, row)])
}

function noteForm(world: World, visit: Visit, id: string, typed: Typed): void {
  world.truth.fact(visit.person.id, [...identifiersOf(visit), ['lead', id], ...contactsOf(world, typed)])
}

/** The form's own server tells of it, under the same id or under one that it makes. Returns the id it gave. */
function tellWebhook(world: World, person: Person, form: string, { name, written }: Typed): string {
  const { chance, options, now_ms, truth } = world
  const { phone, email } = written
  const id = chance.chance(0.6) || (phone === '' && email === '') ? form : world.newId('w')
  if (id !== form) {
    truth.fact(person.id, [['lead', id], ['lead', form], ...contactsOf(world, { phone, email })])
  }
  const late_ms = chance.chance(options.late_share) ? chance.exponential(5 * HOUR) : chance.between(0.5, 20) * SECOND
  world.tell('leads', {
    ...{ site: options.site, id, at: now_ms, received_at: Math.round(now_ms + late_ms), kind: 'form', name },
    ...{ phone, email },
  })
  return id
}
