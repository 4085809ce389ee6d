import { z } from 'zod'
import {
  DestinationDocument,
  type DocumentKind,
  PoolDocument,
  SiteDocument,
  TokenDocument,
  UserDocument,
} from '#storage/settings/documents.ts'

const version = z.number().int().describe('Send it as If-Match to guard a change')
const secret = z.string().optional().describe('Only in the answer that makes it')

/** A document of each kind as it is answered. */
export const documentAnswers = {
  site: SiteDocument.extend({ version }),
  pool: PoolDocument.extend({ version }),
  destination: DestinationDocument.extend({ version, secret: z.string().describe('Never shown') }),
  user: UserDocument.extend({ version }),
  token: TokenDocument.extend({ version, secret }),
} as const satisfies Record<DocumentKind, z.ZodType>
