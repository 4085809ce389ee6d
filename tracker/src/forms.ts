import { guard, on } from './guard.ts'
import { isSecret, recogniseField } from './recognise-field.ts'
import { track } from './send.ts'
import { settings } from './settings.ts'

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

// These say themselves when a form was accepted; their `submit` only says that somebody tried.
const BUILDERS = '.js-form-proccess,.wpcf7-form'
const IGNORED = '[type=radio]:not(:checked),[type=checkbox]:not(:checked),[data-tl-ignore],[data-tl-ignore] *'
const VALUE_CHARS_MAX = 500

const sent = new Set<string>()

/** Requests left in forms: a builder's word that it took one, and the submit of any other form. */
export function watchForms(): void {
  on(document, 'submit', ({ target }) => {
    if (!(target as Element).matches(BUILDERS)) formSent(target)
  })
  on(document, 'tildaform:aftersuccess wpcf7mailsent', ({ target }) => formSent(target))
  hearJQuery()
  on(window, 'load', hearJQuery)
}

/** Older Tilda pages announce it through jQuery alone, which addEventListener does not hear. */
function hearJQuery(): void {
  const { jQuery } = window as { jQuery?: (target: Document) => { on(type: string, act: unknown): void } }
  if (jQuery)
    jQuery(document).on(
      'tildaform:aftersuccess',
      guard((event: Event) => formSent(event.target)),
    )
}

function formSent(target: EventTarget | null): void {
  const form = (target as Element).closest('form') || (target as Element).querySelector('form')
  if (!form) return
  const fields: Record<string, string> = {}
  // Not `form.elements`: a field of that name would stand in its place.
  for (const field of form.querySelectorAll<Field>('input,textarea,select')) readField(field, fields)
  // Searches and filters are no requests, and signing in is none either.
  if (!fields.phone && (!fields.email || form.querySelector('[type=password]'))) return
  const described = { id: form.getAttribute('id') || '', name: form.getAttribute('name') || '', fields }
  const mark = JSON.stringify(described)
  if (sent.has(mark)) return
  sent.add(mark)
  // Tilda's webhook brings the same number to the server: under one id the two are one lead.
  const { tildaTranId } = form as { tildaTranId?: string }
  track('form', /^\d+:\d+$/.test(tildaTranId || '') ? { form: described, id: tildaTranId } : { form: described })
}

function readField(field: Field, fields: Record<string, string>): void {
  const value = field.value.trim().slice(0, VALUE_CHARS_MAX)
  const [label] = field.labels || []
  const hints = ['type', 'autocomplete', 'name', 'id', 'placeholder']
    .map((attribute) => field.getAttribute(attribute))
    .concat(label ? label.textContent : '')
    .join(' ')
    .toLowerCase()
  if (!value || field.matches(IGNORED) || isSecret(hints)) return
  const kind = recogniseField(hints, value) || (settings.form_values.includes(field.name) ? field.name : '')
  // Given name and family name come in fields of their own; of two phones the first is the one to call.
  if (kind) fields[kind] = kind === 'name' && fields.name ? `${fields.name} ${value}` : fields[kind] || value
}
