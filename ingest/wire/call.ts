import { z } from 'zod'
import {
  clientIds,
  factId,
  instant,
  optionalId,
  optionalText,
  optionalUrl,
  seconds,
  siteId,
  text,
  version,
} from './fields.ts'

/** A phone call, as a provider tells of it. */
export const Call = z
  .object({
    id: factId,
    site: siteId,
    from: text(200).nullish().describe('The caller; null when the number was withheld'),
    to: text(200).describe('The tracked number'),
    at: instant.describe('When it began to ring'),
    direction: z.enum(['in', 'out']).nullish().describe('`in` unless given'),
    status: z.enum(['answered', 'missed', 'busy', 'failed']),
    duration: seconds,
    talk: seconds,
    wait: seconds.nullish(),
    recording_url: optionalUrl,
    operator: optionalText(200),
    provider: optionalText(100),
    visitor: optionalId,
    session: optionalId,
    client_ids: clientIds,
    tags: z.array(text(100)).max(50).nullish(),
    version,
  })
  .meta({ id: 'Call', description: 'A phone call. A later message about the same id replaces the whole.' })

export type Call = z.output<typeof Call>
