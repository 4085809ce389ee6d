import { z } from 'zod'
import { factId, instant, siteId, text } from './fields.ts'

/** Who was shown which number, as another call tracker remembers it. */
export const ForeignLease = z
  .object({
    site: siteId,
    pool: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1–64 characters of A-Za-z0-9._-'),
    number: text(200),
    visitor: factId,
    session: factId,
    from: instant,
    seen: instant.describe('The last moment on screen'),
    to: instant.describe('The end of the reserve'),
  })
  .refine((lease) => lease.from <= lease.seen, { path: ['seen'], message: 'must not be before `from`' })
  .refine((lease) => lease.seen <= lease.to, { path: ['to'], message: 'must not be before `seen`' })
  .meta({ id: 'Lease', description: 'A lease made elsewhere. Its key is site, number, session and from.' })

export type ForeignLease = z.output<typeof ForeignLease>
