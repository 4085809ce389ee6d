import type { PublicSettings } from './public-settings.ts'

/** The name that `tl_settings` has in the file: one letter, and none that the minifier gives to anything else. */
export const SETTINGS = '$'

/** What the settings are called in the file: every page of every site pays for their names. */
export const SHORT = {
  consent: 'c',
  site: 's',
  replaces: 'r',
  areas: 'a',
  attributes: 't',
  linked: 'l',
  kept: 'k',
} as const satisfies Partial<Record<keyof PublicSettings, string>>

/** How far the tracker may go before its visitor says yes, which is 1, or no, which is 0 (`tracker/src/settings.ts`). */
const CONSENT = { wait: 0.1, cookieless: 0.5, not_needed: 1 } as const satisfies Record<
  PublicSettings['consent'],
  number
>

/** The file a site's pages load: the tracker, and around it the one variable it expects (`tracker/src/settings.ts`). */
export function renderScript(tracker_code: string, settings: PublicSettings): string {
  const { signals = [], ...shown } = settings
  // Asked by the page: only the browser knows what it says for its visitor, and other sites pay no byte for it.
  const consent = [...signals.map((name) => `navigator.${name}>0?${CONSENT.wait}:`), CONSENT[shown.consent]].join('')
  const written = Object.entries(SHORT).flatMap(([name, short]) => {
    if (name === 'consent') return `${short}:${consent}`
    const value = shown[name as keyof typeof shown]
    return value === undefined ? [] : `${short}:${asJavaScript(value)}`
  })
  // Behind a sign, lest a script before it that ends without a semicolon is called with it.
  return `!(${SETTINGS}=>{${tracker_code}})({${written.join(',')}});\n`
}

/** JSON, except for the two line ends that were no part of JavaScript strings before 2019. */
function asJavaScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
