import type { TimelineEntry } from '../../api/people.ts'

/** A visit with what was done in it, or an entry that stands by itself. */
export type Block =
  | { kind: 'session'; session: TimelineEntry; steps: TimelineEntry[] }
  | { kind: 'entry'; entry: TimelineEntry }

const steps = ['page', 'form', 'click', 'custom', 'identify', 'leave']

/** Puts what happened inside a visit under that visit, and keeps the order of the rest. */
export function groupTimeline(timeline: readonly TimelineEntry[]): Block[] {
  const sessions = new Map<string, TimelineEntry[]>()
  for (const { kind, id } of timeline) if (kind === 'session') sessions.set(id, [])
  const blocks: Block[] = []
  for (const entry of timeline) {
    const inside = steps.includes(entry.kind) ? sessions.get(entry.session ?? '') : undefined
    if (inside) inside.push(entry)
    else if (entry.kind === 'session') {
      blocks.push({ kind: 'session', session: entry, steps: sessions.get(entry.id) ?? [] })
    } else blocks.push({ kind: 'entry', entry })
  }
  return blocks
}
