import type { Destination } from '#storage/settings/documents.ts'
import type { PostbackFacts } from './postback-facts.ts'

/** The address with its macros filled in, each value escaped; unknown macros stay as they are. */
export function fillAddress(template: string, facts: PostbackFacts): string {
  const values: Record<string, string> = { ...facts }
  return template.replace(/\{([a-z_]+)\}/g, (macro, name: string) =>
    Object.hasOwn(values, name) ? encodeURIComponent(values[name] ?? '') : macro,
  )
}

/** The body of a POST; a GET says all in its address. */
export function bodyOf(destination: Destination, event: string, facts: PostbackFacts): string {
  return destination.method === 'GET' ? '' : JSON.stringify({ type: event, ...facts })
}
