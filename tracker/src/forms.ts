import { script } from './endpoint.ts'
import { guard, on } from './guard.ts'
import { recogniseField } from './recognise-field.ts'
import { track } from './send.ts'
import { newId } from './visitor.ts'

/** The page's own, if it has one. */
interface Bound {
  one(types: string, act: unknown): void
}

declare const jQuery: (target: unknown) => Bound

// These say themselves when a form was accepted; their `submit` only says that somebody tried.
const BUILDERS = '.elementor-form,.wpcf7,.wpforms-ajax-form,.js-form-proccess,.b24-form,.nf-form-cont,[target^=gform]'
// What looks like a button. A `u` is in the types `submit` and `button`, and else in those of no other thing that ends a form.
const BUTTON = '[class*=btn],[role=button],[type*=u],button'
const ACCEPTED =
  'tildaform:aftersuccess b24:form:send:success gform_confirmation_loaded submit_success wpformsAjaxSubmitSuccess nfFormSubmitResponse wpcf7mailsent'

const told: Record<string, object> = {}
/** What was typed at the last try: by the time of its success a builder's form may be empty, or gone. */
let tried: object | 0

/** Requests left in forms: a builder's word that it took one, and the submit of any other form. */
export function watchForms(): void {
  on(ACCEPTED, tellTried as never)
  // A click too: some builders never let a form be submitted, and out of a shadow root only the click comes.
  on('click submit', tryForm)
}

function tryForm(event: Event): void {
  const path = event.composedPath() as Element[]
  // What has fields by number: in a form, each of them hides the form's own member of its name.
  const form = path.find((node) => (node as HTMLFormElement)[0]) as HTMLFormElement
  const fields: Record<string, string> = {}
  let abouts = ''
  let isRefused = 0
  // A field that is none, such as a set of fields, costs only itself. So does a hidden one: it has no `labels`.
  const look = guard((field: HTMLInputElement) => {
    const [label = field] = field.labels as Iterable<Element>
    const value = field.closest('#commentform,[data-tl-ignore]') ? '' : field.value.trim()
    // Texts that are looked through are joined by whoever looks.
    const about = [
      field.type,
      field.name,
      field.id,
      field.placeholder,
      label.textContent,
      field.autocomplete,
    ] as unknown as string
    const kind = recogniseField(about, value, field.name.match(tl_settings.kept || '^$') ? field.name : '')
    // What is not shown is not asked for: such a form is sent by a script, without the browser's own check.
    if (field.scrollHeight && field.matches(':invalid')) isRefused = 1
    // What is only ticked or pressed may speak of a password without there being one; in order of the alphabet.
    if (field.type > 'd') abouts += about
    // Of two phones the first is the one to call; of two names the service makes one.
    if (kind) fields[fields[kind] ? `last${kind}` : kind] = value
  })
  for (let at = 0; form[at]; ) look(form[at++] as HTMLInputElement)
  // Searches and filters are no requests, and signing in is none either: it asks for no name. A password that is shown is
  // in a text field, and still called one. Any field may say `new-password`, to keep the browser from filling it in.
  if (!(fields.phone || fields.email) || (!fields.name && /pwd|парол|[^w-]-?passw/i.test(abouts))) return
  // Asked with the methods of our own script: a field hides whatever of the form's own bears its name.
  tried = { id: script.getAttribute.call(form, 'id'), name: script.getAttribute.call(form, 'name'), fields }
  if (script.closest.call(form, BUILDERS))
    // Throws without jQuery. Bound at each try, for it may have come in between; of many that hear of a success only the
    // first has something to tell. What jQuery triggers, addEventListener does not hear.
    jQuery(document).one(ACCEPTED, tellTried)
  else if (
    !isRefused &&
    // A click on the last button is the script's that sends the form: those before it go back, or ask for a code. When a
    // submit follows, it is the same lead.
    (event.type > 'd' || path.includes([...script.querySelectorAll.call(form, BUTTON)].pop() as Element))
  )
    tellTried(event as never)
}

// Marked, so that builds without forms leave it out.
const tellTried = /* @__PURE__ */ guard(
  ({ target: { tildaTranId } }: { target: { tildaTranId?: string } }, answer?: unknown) => {
    const mark = JSON.stringify([tried, tildaTranId, answer])
    // Ninja Forms has one event for success and refusal.
    if (tried && !told[mark] && !/errors":{/.test(mark)) {
      told[mark] = tried
      // Tilda's webhook brings `tranid` to the server too: under one id the two are one lead. It may be 0.
      track('form', { form: tried, id: (tildaTranId as string) > '0' ? tildaTranId : newId() })
    }
    // Success may be told twice, once by each library, and again when an order is paid.
    tried = 0
  },
)
