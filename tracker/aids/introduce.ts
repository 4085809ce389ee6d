import { guard } from '../src/guard.ts'
import { say, warn } from './say.ts'

type Call = (...call: unknown[]) => unknown
type Page = { throughline: Call & { q?: Iterable<Iterable<unknown>> } }

/** By what the settings say, see tracker/src/settings.ts. */
const consents: Record<number, string> = {
  1: 'not needed, says the setting of the site',
  0.5: 'cookieless: nothing is kept on the device',
}

/** What is known before anything happens: who this is for, where it goes, and whether it may. */
export function introduce(endpoint: string): void {
  say('site', [tl_settings.site])
  say('endpoint', [endpoint])
  say('consent', [(!/(^|; )tl_consent="?0/.test(document.cookie) && consents[tl_settings.consent]) || consentGiven()])
  const { globalPrivacyControl, doNotTrack } = navigator as {
    globalPrivacyControl?: boolean
    doNotTrack?: string | null
  }
  if (globalPrivacyControl || doNotTrack === '1') say('consent', ['this browser asks not to be tracked'])
  for (const call of (window as unknown as Page).throughline.q || []) tellCall([...call], 'waited for the script')
  document.addEventListener(
    'securitypolicyviolation',
    guard(({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
      if (new URL(endpoint).origin === new URL(blockedURI, location.href).origin)
        warn('blocked', [`the page's security policy (${effectiveDirective}) forbids`, blockedURI])
    }),
  )
}

function consentGiven(): string {
  const [, told] = /(?:^|; )tl_consent="?(\w)/.exec(document.cookie) || []
  if (told === '0') return 'refused on an earlier page: nothing is stored or sent'
  return told || /(^|; )tl_visitor=/.test(document.cookie)
    ? 'given on an earlier page'
    : "waited for: nothing is stored or sent until the page calls throughline('consent', true)"
}

/** What the page asks of the tracker from here on. */
export function watchCalls(): void {
  const page = window as unknown as Page
  const own = page.throughline
  page.throughline = Object.assign((...call: unknown[]) => {
    const answer = own(...call)
    tellCall(call, typeof answer === 'string' ? `→ ${answer}` : '')
    return answer
  }, own)
}

function tellCall([name, ...args]: unknown[], remark: string): void {
  say('called', [`throughline('${String(name)}'${args.length > 0 ? ', …' : ''})`, remark], ...args)
}
