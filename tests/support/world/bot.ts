import { SECOND } from '../matching-world.ts'
import { contactsOf } from './contacts.ts'
import type { Society } from './society.ts'
import { arrive } from './traffic.ts'

const spamPhones = ['+79031112233', '+79057778899']
const spamEmails = ['seo-offer@bk.ru', 'casino.win@mail.ru', 'links4you@yandex.ru']
const FARMS = 12

/** A visit of a program: half of them say what they are, some of the others run scripts and take a number. */
export function sendBot(society: Society): void {
  const { world, population } = society
  const { chance, options, truth } = world
  const isDeclared = chance.chance(0.5)
  const takesNumber = !isDeclared && chance.chance(0.6)
  const { visitor, ga, ym } = population.newDevice('desktop', '')
  const key = { site: options.site, visitor, session: world.newId('s') }
  const bot = truth.newBot()
  const arrival = arrive(chance, options.site, true)
  const address = `192.0.2.${chance.whole(0, FARMS)}`
  const { page_host: _, page_path: __, ...columns } = arrival.traffic
  const event = () => ({
    ...{ site: options.site, id: world.newId('e'), at: world.now_ms, received_at: world.now_ms + 80 },
    ...{ visitor, session: key.session, device: 'desktop', ip: address, bot: isDeclared ? 1 : 0 },
    ...{ ga: isDeclared || ga === 'none' ? '' : ga, ym: isDeclared || ym === 'none' ? '' : ym },
  })
  if (!isDeclared) {
    const ids = [
      ['visitor', visitor],
      ['session', key.session],
    ] as const
    truth.fact(bot, ids)
    if (ga !== 'none') truth.fact(bot, [...ids, ['ga', ga]])
    if (ym !== 'none') truth.fact(bot, [...ids, ['ym', ym]])
  }
  const pages = 1 + chance.times(isDeclared ? 4 : 1)
  for (let page = 0; page < pages; page++) {
    world.at(world.now_ms + page * chance.between(1, 8) * SECOND, () => {
      world.tell('events', { ...event(), type: 'page', url: arrival.url, referrer: arrival.referrer, ...columns })
      if (!takesNumber) return
      const { source, channel } = arrival.traffic
      world.numbers.show(key, address, { source, channel, landing_url: arrival.url })
    })
  }
  if (isDeclared || !chance.chance(0.03)) return
  world.at(world.now_ms + 3 * SECOND, () => {
    const written = { phone: chance.pick(spamPhones), email: chance.pick(spamEmails) }
    const row = { ...event(), type: 'form', url: arrival.url, ...written, form_fields: written }
    world.tell('events', row)
    truth.fact(bot, [['session', key.session], ['visitor', visitor], ['lead', row.id], ...contactsOf(world, row)])
  })
}
