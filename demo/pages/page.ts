import { type Language, type Texts, texts } from './texts.ts'

export const pageNames = ['home', 'shore', 'hills', 'contacts', 'thanks'] as const
export type PageName = (typeof pageNames)[number]

export interface PageOptions {
  page: PageName
  language: Language
  /** The one line a site owner pastes, as the cdn makes it. */
  snippet: string
}

/** A page of the demo site, with the snippet in its head and the panel that plays the outside world. */
export function renderPage({ page, language, snippet }: PageOptions): string {
  const text = texts[language]
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text[page === 'thanks' ? 'thanksTitle' : page]} · ${text.brand}</title>
<link rel="icon" href="/demo/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/demo/assets/site.css">
${snippet}
<script type="module" src="/demo/assets/panel.js"></script>
</head>
<body data-page="${page}">
<div class="site">
<header>
<a class="brand" href="/demo/">${text.brand}</a>
<nav>${navigation(text, page)}</nav>
<a class="phone" id="number" href="tel:+74950000001">+7 (495) 000-00-01</a>
</header>
<main>${bodies[page](text)}</main>
<footer>${text.footer} · <a href="?lang=${language === 'en' ? 'ru' : 'en'}">${language === 'en' ? 'Русский' : 'English'}</a></footer>
</div>
<a class="to-panel" href="#panel">${text.toPanel}</a>
<aside id="panel" data-tl-noswap data-language="${language}" aria-label="Throughline"></aside>
</body>
</html>
`
}

const paths = {
  home: '/demo/',
  shore: '/demo/north-shore',
  hills: '/demo/green-hills',
  contacts: '/demo/contacts',
} as const

function navigation(text: Texts, current: PageName): string {
  return (Object.keys(paths) as (keyof typeof paths)[])
    .map((page) => `<a href="${paths[page]}"${page === current ? ' aria-current="page"' : ''}>${text[page]}</a>`)
    .join('')
}

const bodies: Record<PageName, (text: Texts) => string> = {
  home: (text) => `
<section class="hero"><p class="tag">${text.tagline}</p><h1>${text.hero}</h1><p>${text.heroText} <b>8 495 000-00-01</b></p></section>
<section class="cards">
<article class="shore"><h2>${text.shore}</h2><p>${text.shoreText} <span class="phone">8 (495) 000 00 01</span></p><a href="${paths.shore}">${text.more}</a></article>
<article class="hills"><h2>${text.hills}</h2><p>${text.hillsText} <span class="phone">+74950000001</span></p><a href="${paths.hills}">${text.more}</a></article>
</section>`,
  shore: (text) => estate(text.shore, text.shoreText, 'shore', '+7 495 <span>000-00-01</span>', text),
  hills: (text) => estate(text.hills, text.hillsText, 'hills', '8 495 000 0001', text),
  contacts: (text) => `
<section><h1>${text.contacts}</h1><h2>${text.officeTitle}</h2>
<p>${text.officeText} <a href="tel:84950000001">8-495-000-00-01</a>, ${text.extension}</p></section>
${form(text)}`,
  thanks: (text) => `<section class="hero"><h1>${text.thanksTitle}</h1><p>${text.thanksText}</p></section>`,
}

function estate(title: string, description: string, look: string, phone: string, text: Texts): string {
  return `<section class="hero ${look}"><h1>${title}</h1><p>${description} <b>${phone}</b></p></section>${form(text)}`
}

function form(text: Texts): string {
  return `<section><h2>${text.formTitle}</h2>
<form id="viewing" name="viewing" method="post" action="/demo/thanks">
<label>${text.name}<input name="name" autocomplete="name" required></label>
<label>${text.phone}<input name="phone" type="tel" autocomplete="tel" required></label>
<label>${text.email}<input name="email" type="email" autocomplete="email"></label>
<button>${text.send}</button>
</form></section>`
}
