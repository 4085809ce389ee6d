import { z } from 'zod'
import { name, scope } from './report-query.ts'

/** Values on one axis. */
const AXIS_MAX = 100

export const MatrixQuery = z
  .strictObject({
    ...scope,
    kind: z
      .enum(['associated', 'cannibalisation'])
      .describe(
        '`associated`: who took part in conversions (rows), and who is credited with them (columns). `cannibalisation`: ' +
          'what project people came for (rows), and what they asked for or bought (columns).',
      ),
    by: name
      .optional()
      .describe('Of `associated`: a dimension of touches (channel unless set). Of `cannibalisation`: project'),
    metrics: z
      .array(name)
      .min(1)
      .max(12)
      .optional()
      .describe('Metrics of leads and deals that are no ratios. Unless set: leads, deals_won and revenue'),
    limit: z.number().int().min(1).max(AXIS_MAX).default(30).describe('Values on each axis, the greatest first'),
  })
  .meta({ id: 'ReportMatrixQuery' })

export type MatrixQuery = z.output<typeof MatrixQuery>
