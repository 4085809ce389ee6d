import { personId } from '#domain/identifier.ts'
import { Annotation, readIdentifier } from '#ingest/wire/annotation.ts'
import type { FactKind } from './fact-route.ts'
import type { Refusal } from './intake.ts'

/** POST /v1/annotations */
export const annotationFacts: FactKind<'annotations', Annotation> = {
  fact: 'annotation',
  path: '/v1/annotations',
  table: 'annotations',
  schema: Annotation,
  instants: ['at'],
  summary: 'Takes verdicts, tags, comments, disputes, and persons merged or split by hand.',
  toRow(annotation, { site, received_at, body }) {
    const split = readSplit(annotation, site)
    if ('message' in split) return split
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
      merge: annotation.merge ?? [],
      ...split,
    }
  },
}

function readSplit(
  { on, split }: Annotation,
  site: { id: string; region: string },
): { split_kind: string; split_value: string } | Refusal {
  if (split?.person) return { split_kind: 'person', split_value: split.person }
  if (!split?.identifier) return { split_kind: '', split_value: '' }
  const { kind } = split.identifier
  const value = readIdentifier(kind, split.identifier.value, site.region)
  if (value === undefined) {
    return { field: 'split.identifier.value', message: `is no ${kind}`, reason: 'invalid' }
  }
  if (personId(site.id, kind, value) === on.id) {
    const message = 'is what this person is founded on: split the others from it'
    return { field: 'split.identifier', message, reason: 'invalid' }
  }
  return { split_kind: kind, split_value: value }
}
