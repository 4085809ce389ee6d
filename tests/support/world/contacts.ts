import { normalizeEmail } from '#domain/email.ts'
import { isJunk } from '#domain/identifier.ts'
import { normalizePhone } from '#domain/phone.ts'
import { recogniseFields } from '#domain/recognise.ts'
import type { Chance } from './chance.ts'
import { givenEmail } from './names.ts'
import type { Person } from './population.ts'
import type { Named } from './truth.ts'
import type { World } from './world.ts'

const junkPhones = ['+7 999 999-99-99', '+71111111111', '89000000000', '1234567890', '+7 (925) 555-55-55']
const junkEmails = ['test@test.ru', '1@1.ru', 'no@no.ru', 'qwe@mail.ru', 'aaa@aaa.aa', 'noreply@mail.ru']

/** What somebody writes into a form, and what of it can be read. */
export interface Typed {
  fields: Record<string, string>
  name: string
  phone: string
  email: string
  /** The same with placeholders, as other services pass it on. */
  written: { phone: string; email: string }
}

/** What this person writes, with slips and placeholders. */
export function typeContact(world: World, person: Person): Typed {
  const { chance, options } = world
  const fields: Record<string, string> = {}
  if (chance.chance(options.junk_share)) fields.phone = chance.pick(junkPhones)
  else if (chance.chance(0.9)) fields.phone = slipped(world, typedPhone(chosenPhone(world, person), chance))
  if (chance.chance(options.junk_share)) fields.email = chance.pick(junkEmails)
  else if (person.email !== '' && chance.chance(0.5)) {
    const address = givenEmail(world, person)
    fields.email = chance.pick([address, address.toUpperCase()])
  }
  const written_name = world.names.written(person)
  if (written_name !== '') fields.name = written_name
  const { name = '', phone = '', email = '' } = recogniseFields(fields, { region: 'RU', form_values: [] })
  const written = {
    phone: normalizePhone(fields.phone ?? '', 'RU')?.phone ?? '',
    email: normalizeEmail(fields.email ?? '') ?? '',
  }
  return { fields, name, phone, email, written }
}

/** One digit wrong, now and then. */
function slipped({ chance, options }: World, typed: string): string {
  if (!chance.chance(options.typo_share)) return typed
  const place = typed.length - 1 - chance.whole(0, 3)
  return `${typed.slice(0, place)}${chance.whole(0, 10)}${typed.slice(place + 1)}`.replace(/[^\d\s()+-]/g, '')
}

/** Placeholders of this world that nobody could know for ones. */
const madeUp = new Set(
  [...junkPhones.map((text) => normalizePhone(text, 'RU')?.phone), ...junkEmails.map(normalizeEmail)].filter(Boolean),
)

function isMadeUp(value: string): boolean {
  return madeUp.has(value)
}

/** One of the phones at hand. */
export function chosenPhone({ chance }: World, { office, household, phone, secondPhone }: Person): string {
  if (office && chance.chance(0.6)) return office.phone
  if (household && chance.chance(0.12)) return household.phone
  return secondPhone !== '' && chance.chance(0.3) ? secondPhone : phone
}

/** The phone and the email that are somebody's. */
export function contactsOf(world: World, { phone = '', email = '' }: { phone?: string; email?: string }): Named[] {
  const named: Named[] = []
  for (const [kind, value] of [
    ['phone', phone],
    ['email', email],
  ] as const) {
    if (value === '') continue
    if (isJunk(kind, value) || isMadeUp(value)) world.truth.nobodys([kind, value])
    else named.push([kind, value])
  }
  return named
}

/** As people write a phone into a form. */
function typedPhone(phone: string, chance: Chance): string {
  const [, code, a, b, c] = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(phone) as unknown as string[]
  return chance.pick([
    phone,
    `8${code}${a}${b}${c}`,
    `8 (${code}) ${a}-${b}-${c}`,
    `${code}${a}${b}${c}`,
    `+7 ${code} ${a} ${b} ${c}`,
    `7${code}${a}${b}${c}`,
  ])
}
