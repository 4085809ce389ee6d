import type { PublicSettings } from './public-settings.ts'

/** The name that `tl_settings` has in the file: one letter, and none that the minifier gives to anything else. */
export const SETTINGS = '$'

/** The file a site's pages load: the tracker, and around it the one variable it expects (`tracker/src/settings.ts`). */
export function renderScript(tracker_code: string, settings: PublicSettings): string {
  return `!function(${SETTINGS}){${tracker_code}}(${asJavaScript(settings)});\n`
}

/** JSON, except for the two line ends that were no part of JavaScript strings before 2019. */
function asJavaScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
