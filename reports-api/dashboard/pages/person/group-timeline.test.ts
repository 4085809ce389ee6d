import { describe, expect, test } from 'vitest'
import type { TimelineEntry } from '../../api/people.ts'
import { groupTimeline } from './group-timeline.ts'
import { confidenceWord } from './read-entry.ts'

const entry = (kind: string, id: string, session?: string): TimelineEntry => ({
  kind,
  id,
  at: '2026-11-21T10:00:00.000Z',
  ...(session !== undefined && { session }),
})

describe('a history', () => {
  test('puts pages and forms under their visit, and calls between visits', () => {
    const blocks = groupTimeline([
      entry('session', 's1'),
      entry('page', 'e1', 's1'),
      entry('call', 'c1', 's1'),
      entry('form', 'e2', 's1'),
      entry('session', 's2'),
      entry('page', 'e3', 's2'),
    ])
    expect(
      blocks.map((block) => (block.kind === 'session' ? block.steps.map(({ id }) => id) : block.entry.id)),
    ).toEqual([['e1', 'e2'], 'c1', ['e3']])
  })

  test('takes a step in although it stands before its visit', () => {
    expect(groupTimeline([entry('page', 'e1', 's1'), entry('session', 's1')])).toHaveLength(1)
  })

  test('loses no step whose visit is not there', () => {
    expect(groupTimeline([entry('page', 'e1', 'gone'), entry('form', 'e2')])).toHaveLength(2)
  })
})

describe('how sure a match is', () => {
  test.each([
    [1, 'certain'],
    [0.95, 'certain'],
    [0.949, 'likely'],
    [0.8, 'likely'],
    [0.5, 'fair'],
    [0.49, 'doubtful'],
    [0, 'none'],
  ])('%d is said as «%s»', (confidence, word) => {
    expect(confidenceWord(confidence)).toBe(word)
  })
})
