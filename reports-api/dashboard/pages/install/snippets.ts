/** What sites are made with; each has its own place to paste into. */
export const platforms = ['html', 'tilda', 'wordpress', 'bitrix', 'wix', 'gtm'] as const
export type Platform = (typeof platforms)[number]

export function isPlatform(value: unknown): value is Platform {
  return (platforms as readonly unknown[]).includes(value)
}

export const QUEUE =
  '<script>window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)}</script>'

/** The one line for every page. */
export function tagLine(base: string, site: string): string {
  return `<script async src="${attribute(`${base}/t/${encodeURIComponent(site)}.js`)}"></script>`
}

/** The same from the site's own domain, under a name and path of one's choice. */
export function ownDomainLine(domain: string): string {
  return `<script async src="https://${attribute(domain)}/s/a.js" data-tl-base="https://${attribute(domain)}/s"></script>`
}

export function policyLines(base: string): string {
  return `script-src ${base};\nconnect-src ${base};`
}

/** An address as somebody types it, without what the lines put behind it; undefined when it is none. */
export function readBase(text: string): string | undefined {
  const written = text.trim().replace(/\/+$/, '')
  if (!/^https?:\/\/[^\s"'<>]+$/i.test(written) || !URL.canParse(written)) return undefined
  return written
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
}
