import { z } from 'zod'
import { clientIds, factId, instant, optionalId, optionalText, optionalUrl, siteId, version } from './fields.ts'

/** A person's request that no tracker saw. */
export const Lead = z
  .object({
    id: factId.describe('The id of a form event is the id of its lead'),
    site: siteId,
    at: instant,
    kind: z.enum(['chat', 'callback', 'marketplace', 'email', 'form', 'other']),
    name: optionalText(200),
    phone: optionalText(200),
    email: optionalText(400),
    visitor: optionalId,
    session: optionalId,
    client_ids: clientIds,
    url: optionalUrl,
    source: optionalText(200),
    medium: optionalText(200),
    campaign: optionalText(500),
    text: optionalText(10_000),
    version,
  })
  .meta({ id: 'Lead', description: 'A request from a chat, a marketplace or a form that no tracker saw.' })

export type Lead = z.output<typeof Lead>
