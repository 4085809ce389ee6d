import { z } from 'zod'
import {
  clientIds,
  currency,
  factId,
  instant,
  money,
  optionalId,
  optionalText,
  optionalUrl,
  siteId,
  text,
  version,
} from './fields.ts'

/** One change of a deal in the CRM. */
export const Deal = z
  .object({
    id: factId,
    site: siteId,
    at: instant.describe('When it changed'),
    status: z.enum(['open', 'won', 'lost']),
    stage: optionalText(200),
    reason: optionalText(500).describe('Why it has this status; gone when the status changes'),
    amount: money.nullish(),
    currency: currency.nullish().describe("As it was said before when it is left out, else the site's"),
    project: optionalText(64),
    manager: optionalText(200),
    url: optionalUrl,
    created_at: instant.nullish(),
    contact: z
      .object({
        id: optionalId,
        name: optionalText(200),
        phones: z.array(text(200)).max(50).nullish(),
        emails: z.array(text(400)).max(50).nullish(),
      })
      .nullish(),
    visitor: optionalId,
    client_ids: clientIds,
    call: optionalId,
    lead: optionalId,
    version,
  })
  .meta({ id: 'Deal', description: 'One change of a deal. Messages may come late, twice and out of order.' })

export type Deal = z.output<typeof Deal>
