import { z } from 'zod'
import { factId, siteId } from './fields.ts'

/** Asks for the numbers of a session. */
export const NumbersRequest = z
  .object({
    site: siteId,
    visitor: factId,
    session: factId,
    release: z
      .boolean()
      .nullish()
      .describe('True when the page is left: the numbers stay reserved for a while, off screen'),
  })
  .meta({ id: 'NumbersRequest', description: 'Takes, renews or releases the numbers of a session.' })

/** A number to show instead of others. */
export const NumberOnPage = z
  .object({
    pool: z.string(),
    replaces: z
      .array(z.string())
      .describe('The numbers, e-mail addresses and CSS selectors of the page that it stands in for'),
    number: z.string().describe('In E.164; for a pool of kind `email` an address'),
    expires_at: z.string().describe('Ask again before this moment'),
  })
  .meta({ id: 'NumberOnPage', description: 'A tracked number to show instead of others.' })

/** The numbers to show; empty when a pool is exhausted or none fits. */
export const NumbersAnswer = z
  .object({ numbers: z.array(NumberOnPage), position: z.string() })
  .meta({ id: 'NumbersAnswer', description: 'The numbers to show. An exhausted pool gives no entry.' })

export type NumbersRequest = z.output<typeof NumbersRequest>
export type NumberOnPage = z.output<typeof NumberOnPage>
