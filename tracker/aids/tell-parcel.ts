import { say } from './say.ts'

export interface Parcel {
  visitor: string
  session: string
  client_ids?: Record<string, string | undefined>
  events?: Seen[]
  lease?: boolean
}

interface Seen {
  type: string
  url?: string
  title?: string
  name?: string
  target?: string
  engaged_ms?: number
  scroll_percent?: number
  form?: { id: string; name: string; fields: Record<string, string> }
}

let who = ''
let ids = ''

/** What a request says, in the words of whoever looks at the page: who, and what was seen. */
export function tellParcel({ visitor, session, client_ids, events }: Parcel): void {
  const whose = `visitor ${visitor}, session ${session}`
  if (whose !== who) say('who', [whose])
  who = whose
  const known = Object.entries(client_ids || {})
    .filter(([, id]) => id)
    .map(([kind, id]) => `${kind} ${String(id)}`)
    .join(', ')
  if (known !== ids) say('saw', ['client ids:', known])
  ids = known
  for (const event of events || []) say('saw', [event.type, ...wordsOf(event)], event)
}

function wordsOf({ type, url, title, name, target, engaged_ms, scroll_percent, form }: Seen): string[] {
  if (type === 'page') return [url || '', title ? `«${title}»` : '']
  if (type === 'click') return ['on', target || '']
  if (type === 'leave')
    return [
      `after ${Math.round((engaged_ms || 0) / 1000)} s of reading,`,
      `${Math.min(100, Math.round(scroll_percent || 0))} % deep`,
    ]
  if (form)
    return [form.id || form.name ? `«${form.id || form.name}»` : '', `with ${Object.keys(form.fields).join(', ')}`]
  return [name ? `«${name}»` : '']
}
