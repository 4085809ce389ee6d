import { Annotation } from '#ingest/wire/annotation.ts'
import type { FactKind } from './fact-route.ts'

/** POST /v1/annotations */
export const annotationFacts: FactKind<'annotations', Annotation> = {
  fact: 'annotation',
  path: '/v1/annotations',
  table: 'annotations',
  schema: Annotation,
  instants: ['at'],
  summary: 'Takes verdicts, tags, comments and disputes.',
  toRow(annotation, { site, received_at, body }) {
    return {
      site: site.id,
      id: annotation.id,
      at: annotation.at,
      received_at,
      on_kind: annotation.on.kind,
      on_id: annotation.on.id,
      verdict: annotation.verdict ?? '',
      tags: annotation.tags ?? [],
      comment: annotation.comment ?? '',
      dispute: annotation.dispute ?? '',
      body,
    }
  },
}
