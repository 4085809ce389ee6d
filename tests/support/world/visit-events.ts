import type { SessionKey } from '#ingest/leases/holdings.ts'
import { HOUR } from '../matching-world.ts'
import type { Device, Person } from './population.ts'
import type { Arrival } from './traffic.ts'
import type { World } from './world.ts'

/** A visit going on. */
export interface Visit {
  person: Person
  device: Device
  key: SessionKey
  /** On the page now. */
  number: string
  arrival: Arrival
  isPresent: boolean
}

/** What events of this visit name. */
export function identifiersOf({ device, key }: Visit) {
  return [
    ['visitor', key.visitor],
    ['session', key.session],
    ...(device.ga === 'none' ? [] : ([['ga', device.ga]] as const)),
    ...(device.ym === 'none' ? [] : ([['ym', device.ym]] as const)),
  ] as const
}

/** The columns that all events of a visit share. */
export function eventOf(world: World, { device, key }: Visit) {
  const { chance, options, now_ms } = world
  const isLate = chance.chance(options.late_share / 3)
  return {
    ...{ site: key.site, id: world.newId('e'), at: now_ms, visitor: key.visitor, session: key.session },
    received_at: now_ms + Math.round(isLate ? chance.exponential(6 * HOUR) : chance.between(50, 1500)),
    ga: device.ga === 'none' ? '' : device.ga,
    ym: device.ym === 'none' ? '' : device.ym,
    device: device.kind,
    ip: device.address,
  }
}
