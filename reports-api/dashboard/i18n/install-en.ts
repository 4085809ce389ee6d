/** Texts of the pages about putting the tag on a site, in English. */
export const installEn = {
  'app.nav.install': 'Install on a site',
  'report.fresh.how': 'How to paste it on Tilda, WordPress, Bitrix, Wix, and how to check it',
  'install.title': 'Install on a site',
  'install.lead':
    'One line on every page of {site}, in the head, as early as it goes. It loads beside the page and never holds it up.',
  'install.base': 'Address of this service for visitors',
  'install.base.hint': 'What browsers of visitors can reach. Over HTTPS when the site is.',
  'install.pick': 'What the site is made with',
  'install.after': 'When it is there, look at it:',
  'install.check': 'Check a page',
  'install.docs':
    'All calls, and what is stored and for how long, are described in the folder docs: install.md, tracker-api.md, privacy.md.',

  'install.html': 'Plain HTML',
  'install.html.steps':
    'Open the template that all pages share.\nPaste the line right after <head>.\nPublish, and check a page.',
  'install.tilda': 'Tilda',
  'install.tilda.steps':
    'Open Site settings → More → HTML code for the HEAD → Edit code.\nPaste the line and save.\nGo back to the site and publish all pages: a page keeps its old head until it is published.',
  'install.tilda.note':
    'Forms, popups and paid orders of Tilda are recognised by themselves. Its own consent block does not govern what is pasted into the head: see “With consent” below.',
  'install.wordpress': 'WordPress',
  'install.wordpress.steps':
    'Install a plugin for code in the header, such as WPCode (Insert Headers and Footers).\nPaste the line under Header and save.\nIf an optimiser delays JavaScript (WP Rocket, LiteSpeed, Autoptimize), exclude {path} from the delay.\nClear the page cache.',
  'install.wordpress.note':
    'Contact Form 7, Elementor, WPForms, Gravity Forms, Ninja Forms and ordinary forms are recognised by themselves. A delayed script still works, but counts only those who touch the page.',
  'install.bitrix': 'Bitrix',
  'install.bitrix.steps':
    'Open the template of the site: Settings → Product settings → Sites → Site templates, or the file /bitrix/templates/NAME/header.php.\nPaste the line right before </head>.\nSave, and clear the managed and the composite cache.',
  'install.bitrix.note': 'A site of Bitrix24 has it under Settings → Custom HTML, inside <head>.',
  'install.wix': 'Wix',
  'install.wix.steps':
    'Open Settings → Custom code (it needs a site with a domain of its own) → Add custom code.\nPaste the line; choose All pages, Load code once, and place it in the Head.\nApply, and publish.',
  'install.wix.note':
    "Pages of Wix change without loading; they are counted all the same. Wix keeps its forms to itself: they become leads by one call, throughline('event', 'lead', { phone, email, name }).",
  'install.gtm': 'Tag Manager',
  'install.gtm.steps':
    'Make a new tag of the type Custom HTML and paste the line.\nTrigger: Initialization – All pages.\nSubmit and publish the container.',
  'install.gtm.note':
    'It comes later than a line in the head does, so the number on the page changes later, and blockers of Tag Manager block it too. The head is better where it can be reached. A check cannot see into a container.',

  'install.own': 'Under the domain of the site',
  'install.own.text':
    'Safari keeps the visitor longer, and lists of blockers do not know the name. A proxy of the site passes a path of your choice on to this service: docs/proxy.md has tested settings for nginx and Caddy. data-tl-base says where facts go.',
  'install.consent': 'With consent',
  'install.consent.text':
    'Set consent of the site to “wait”: until the page says yes, nothing is stored or sent, and calls wait. The banner says it with one call; remembered afterwards. docs/consent.md has the lines for Tilda’s block, Cookiebot, OneTrust, CookieYes, Complianz and Google Consent Mode.',
  'install.consent.yes': 'When the visitor agrees',
  'install.consent.no': 'When the visitor refuses or withdraws: stops, and removes what was stored',
  'install.queue': 'Calls before the script has come',
  'install.queue.text': 'Put this before the line. What is called early waits in it and is done in order.',
  'install.policy': 'With a Content-Security-Policy',
  'install.policy.text':
    'Add this address to both directives. Nothing else is needed: no inline code, no eval, no styles.',

  'check.title': 'Check a page',
  'check.lead': 'Fetches a page of {site} as a visitor would and looks at the tag on it.',
  'check.url': 'Address of a page',
  'check.run': 'Check',
  'check.running': 'Looking at the page…',
  'check.snippets': 'To the line and how to paste it',
  'check.verdict.good': 'All is well on this page.',
  'check.verdict.warn': 'It works; some things could be better.',
  'check.verdict.bad': 'It does not work on this page yet.',
  'check.where': 'Looked at {url}',
  'check.forbidden.text': 'It needs a token with the scope “admin” for this site.',
  'check.open.test': 'Open with test numbers',
  'check.open.test.hint': 'Every number that would be swapped is shown as nines. No number is taken.',
  'check.open.debug': 'Open with explanations',
  'check.open.debug.hint': 'The console of the browser says what is seen, swapped, sent and answered.',

  'check.page_unreachable': 'The page did not answer: {reason}.',
  'check.page_status': 'The page answers with status {status}, not 200.',
  'check.page_left':
    'The page leads to {address}, which is no domain of the site. Add the domain to the site, or check a page that stays.',
  'check.page_not_html': 'This is no page: its type is “{type}”.',
  'check.page_cut': 'The page is longer than two megabytes; only its beginning was looked at.',
  'check.tag_found': 'The tag is there: {address}',
  'check.tag_missing':
    'The tag is not on this page. Paste the line into the head of every page, publish, and clear caches.',
  'check.tag_maybe_in_gtm':
    'The tag is not in the HTML. There is a Tag Manager, which may load it: that cannot be seen from here. Open the page with explanations and look into the console.',
  'check.tag_other_site': 'There is a tag of another site, “{key}”: probably an old one. Take it off.',
  'check.tag_twice': 'The tag is there {count} times. Only the first works; take the others off.',
  'check.tag_not_async': 'The tag has no async, so the page waits for it. Write <script async …>.',
  'check.tag_in_body':
    'The tag is in the body. In the head it comes earlier, and the number changes before anybody sees it.',
  'check.tag_delayed':
    'Something on the page delays the tag: an optimiser, or a consent banner. Until then nothing is counted. Exclude it from the delay.',
  'check.tag_own_domain': 'It is served from the domain of the page: blocked less, remembered longer.',
  'check.script_current': 'The script answers, and is the current one of this site.',
  'check.script_stale':
    'The script is ours, but not the newest: a cache has an older one. It catches up within five minutes; if not, look at the CDN in front.',
  'check.script_unreachable': 'The script {address} did not answer: {reason}.',
  'check.script_status': 'The script {address} answers with status {status}. Is the key of the site right?',
  'check.script_type': 'What answers at {address} is no script but “{type}”. The proxy in front leads elsewhere.',
  'check.script_foreign': 'What answers at {address} is no script of this site, but of “{key}”.',
  'check.policy_none': 'No security policy limits scripts on this page.',
  'check.policy_allows': 'The security policy of the page lets the script load and send.',
  'check.policy_script': 'The security policy forbids the script. Add {source} to {directive}.',
  'check.policy_sending':
    'The security policy forbids sending. Add {source} to connect-src (now decided by {directive}).',
  'check.phones_none': 'No phone was found on this page. What scripts write later cannot be seen from here.',
  'check.phones_swapped': 'Would be swapped here: {phones}.',
  'check.phones_left': 'Would stay as they are: {phones}. Add them to “replaces” of a pool to have them swapped.',

  'check.reason.private': 'its address is a private one, which is not visited (OUTBOUND_ALLOW)',
  'check.reason.timeout': 'ten seconds have passed',
  'check.reason.unknown_host': 'there is no such host',
  'check.reason.certificate': 'its certificate is not valid',
  'check.reason.refused': 'the connection was refused or cut',
  'check.reason.redirects': 'too many redirects',

  'check.phones': 'Phones on this page',
  'check.phones.phone': 'Phone',
  'check.phones.written': 'As written',
  'check.phones.where': 'Where',
  'check.phones.pool': 'Swapped by',
  'check.phones.in_text': 'text',
  'check.phones.in_link': 'link',
  'check.phones.nobody': 'nobody',
  'check.phones.tracked': 'is a tracked number itself',

  'failed.domain_not_allowed': 'This address is no domain of the site. Add the domain to the site first.',
  'failed.bad_request': 'This cannot be read. Check what was entered: an address begins with https:// or http://.',
} as const
