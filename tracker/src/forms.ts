import { guard, on } from './guard.ts'
import { recogniseField } from './recognise-field.ts'
import { track } from './send.ts'
import { settings } from './settings.ts'
import { newId } from './visitor.ts'

interface Lead {
  id: string | null
  name: string | null
  fields: Record<string, string>
}

/** The page's own, if it has one. */
declare const jQuery: (target: unknown) => {
  on(types: string, act: unknown): void
  data(key: string): { tranid: string }
}

// These say themselves when a form was accepted; their `submit` only says that somebody tried.
const BUILDERS =
  '.js-form-proccess,.wpcf7-form,.elementor-form,.wpforms-ajax-form,[target^=gform],.nf-form-cont *,.b24-form *'
const ACCEPTED =
  'tildaform:aftersuccess wpcf7mailsent submit_success wpformsAjaxSubmitSuccess gform_confirmation_loaded nfFormSubmitResponse b24:form:send:success'
const IGNORED = '[type=radio]:not(:checked),[type=checkbox]:not(:checked),[data-tl-ignore],#commentform'
const VALUE_CHARS_MAX = 500

const told: Record<string, boolean> = {}
/** The last try of a builder's form: by the time of its success it may be empty, or gone. */
let tried: Lead | undefined

/** Requests left in forms: a builder's word that it took one, and the submit of any other form. */
export function watchForms(): void {
  const tellTried = guard(({ target }: { target: { tildaTranId?: string } }, answer?: unknown) => {
    // Ninja Forms has one event for success and refusal.
    if (!tried || /"errors":{/.test(JSON.stringify(answer))) return
    // Pages of older Tilda keep it in jQuery.
    tell(tried, target.tildaTranId || guard(() => jQuery(target).data('tildaformresult').tranid)())
    // Success may be told twice, once by each library, and again when an order is paid.
    tried = undefined
  })
  const tryForm = (event: Event): void => {
    const form = (event.composedPath()[0] as Element).closest('form') as Element
    const lead = readForm(form)
    if (!lead) return
    if (form.matches(BUILDERS)) {
      tried = lead
      // Throws without jQuery, and so stands last. Bound at each try: it may have come in between. What it only triggers,
      // addEventListener does not hear.
      jQuery(document).on(ACCEPTED, tellTried)
    } else if (event.type !== 'submit') on(form, 'submit', tryForm)
    else if (!form.matches(':invalid')) tell(lead)
  }
  // A click too: some builders never let a form be submitted, and out of a shadow root only the click comes.
  on(window, 'click submit', tryForm)
  on(window, ACCEPTED, tellTried as never)
}

/** Tilda's webhook brings `tranid` to the server too: under one id the two are one lead. It may be 0. */
function tell(lead: Lead, tranid?: string): void {
  const id = /:/.test(tranid as string) && (tranid as string)
  const mark = id || JSON.stringify(lead)
  if (told[mark]) return
  told[mark] = true
  track('form', { form: lead, id: id || newId() })
}

function readForm(form: Element): Lead | undefined {
  const fields: Record<string, string> = {}
  // Not `form.elements`: a field of that name would stand in its place.
  for (const field of form.querySelectorAll<HTMLInputElement>('input,textarea,select')) {
    const [label = field] = field.labels || []
    const value = field.value.trim().slice(0, VALUE_CHARS_MAX)
    const { name } = field
    const about = [
      field.type,
      field.autocomplete,
      field.inputMode,
      name,
      field.id,
      field.placeholder,
      label.textContent,
    ]
    // Of a consent to the use of «name and phone» only a tick is there.
    const kind = field.closest(IGNORED)
      ? ''
      : recogniseField(`${field.checked ? '' : about}`, value, name.match(settings.kept || '^$') ? name : '')
    // Given name and family name come in fields of their own; of two phones the first is the one to call.
    if (kind) fields[kind] = kind === 'name' && fields.name ? `${fields.name} ${value}` : fields[kind] || value
  }
  // Searches and filters are no requests, and signing in is none either: it asks for no name.
  return (fields.phone || fields.email) && (fields.name || !form.querySelector('[type=password]'))
    ? { id: form.getAttribute('id'), name: form.getAttribute('name'), fields }
    : undefined
}
