import { on } from './guard.ts'
import { track } from './send.ts'

/** Clicks on phones, addresses and messengers. The click itself goes its way untouched. */
export function watchClicks(): void {
  on(document, 'click', (event) => {
    // The first step of the path: outside an open shadow root, `target` is only its host.
    const link = (event.composedPath()[0] as Element).closest('[href]')
    // Not `href`: on links inside SVG that is an object.
    const href = link ? (link.getAttribute('href') as string) : ''
    const kind = kindOf(href)
    if (kind) track('click', { kind, target: href.replace(/^(tel|mailto):|\?.*/gi, '') })
  })
}

function kindOf(href: string): string {
  if (/^tel:/i.test(href)) return 'phone'
  if (/^mailto:/i.test(href)) return 'email'
  return /^(whatsapp|viber|tg):|\/\/((wa|t|vk|m)\.me|\w+\.whatsapp\.com|max\.ru)\//.test(href) ? 'messenger' : ''
}
