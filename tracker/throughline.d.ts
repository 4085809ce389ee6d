/**
 * What a page can ask of Throughline's tracker.
 *
 * To use it in TypeScript, save this file (it is served as `/t/throughline.d.ts`) beside your sources. To call it before
 * the script has come, put this line before the snippet; such calls are done when it comes, in their order:
 *
 * ```html
 * <script>window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)}</script>
 * ```
 *
 * No call throws, and none waits for the network.
 */
interface Throughline {
  /**
   * Tells of something that happened.
   * @param name Up to 200 characters; a longer one is cut, an empty one sends nothing.
   * @param props What else is known: an object, up to 8,192 characters of JSON. With anything else the service refuses the
   * event, and `?tl_debug` says so.
   * An event `lead` is a form that was accepted: its props `phone`, `email` and `name` are whose.
   * @example throughline('event', 'plan_opened', { plan: 'A', rooms: 2 })
   */
  (command: 'event', name: string, props?: Readonly<Record<string, unknown>>): void

  /**
   * Tells who is there, so that this visit, calls, forms and deals of the same person come together.
   * @example throughline('identify', { phone: '+7 916 123-45-67' })
   */
  (command: 'identify', who: ThroughlineIdentity): void

  /**
   * The visitor's word on being measured. It is remembered on this device, in the cookie `tl_consent`, and all open tabs
   * hear it. `true` starts what waited; `false` stops everything, and deletes all but that cookie.
   * @example throughline('consent', true)
   */
  (command: 'consent', isGiven: boolean): void

  /** Counts a page that no change of the address shows. */
  (command: 'page'): void

  /**
   * The visitor's id, for a hidden field or a CRM. Before the script has come, and before consent, nothing is returned
   * and `tell` is called later; after a no, never.
   * @example throughline('getVisitor', (id) => { form.elements.visitor.value = id })
   */
  (command: 'getVisitor', tell?: (id: string) => void): string | undefined

  /**
   * The number that this visitor sees in place of one of the site's own. Where no pool of the site replaces numbers, nobody
   * is told; so with `onSwap` and `swap`.
   * @param own The site's own number, as `+74950000000`; without it the first there is.
   * @param tell Hears the number, or `undefined` when the site's own is shown; when no number is known yet, once the service
   * has answered.
   */
  (command: 'getNumber', own?: string, tell?: (number: string | undefined) => void): string | undefined

  /**
   * Has `ask` say of each number whether it is shown, at every place and again with every answer of the service. On `false`
   * the page keeps its own. The last one given is asked.
   * @example throughline('onSwap', ({ own }) => own !== '+74950000000')
   */
  (command: 'onSwap', ask: (change: Readonly<{ own: string; number: string }>) => unknown): void

  /** Shows numbers below this node from now on, asking nobody: in a closed shadow root, say. */
  (command: 'swap', node: Node): void
}

/** What may be known of a visitor; numbers are taken as text, and empty values say nothing. */
interface ThroughlineIdentity {
  /** In any spelling. */
  phone?: string | number | null | undefined
  email?: string | null | undefined
  /** The id of an account on the site. */
  user?: string | number | null | undefined
}

interface Window {
  /** Missing until the script has come, unless the page has put the line above before it. */
  throughline?: Throughline
}

declare const throughline: Throughline
