/** The one line that a site's owner pastes into every page. */
export function snippet(base_url: string, site: string): string {
  const address = `${base_url.replace(/\/+$/, '')}/t/${encodeURIComponent(site)}.js`
  return `<script async src="${address.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></script>`
}
