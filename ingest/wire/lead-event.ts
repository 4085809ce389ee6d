import type { TrackedEvent } from './event.ts'

/** The one call for forms that no script sees: `throughline('event', 'lead', { phone, email, name })` is a form. */
export function formOfLead(event: TrackedEvent): TrackedEvent {
  if (event.type !== 'custom' || event.name !== 'lead') return event
  const { id, at, url } = event
  const props = Object.entries(JSON.parse(event.props ?? '{}') as Record<string, unknown>)
  // A person in a structure of its own is nobody that we could find.
  const fields = Object.fromEntries(props.flatMap(([name, value]) => (isText(value) ? [[name, String(value)]] : [])))
  return { type: 'form', id, at, url, form: { fields } }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number'
}
