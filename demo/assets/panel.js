// The panel of the demo site: plays the caller, the CRM and the ad platform, and shows the history growing.
import { formatMoney, isInner, knownWords, postbackWords, wordsOf } from './panel-lines.js'
import { panelTexts } from './panel-texts.js'

const LOOK_AGAIN_MS = 700

const panel = document.getElementById('panel')
const language = panel.dataset.language === 'ru' ? 'ru' : 'en'
const say = panelTexts[language]

const memory = {
  get: (key) => {
    try {
      return localStorage.getItem(`demo_${key}`)
    } catch {
      return null
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(`demo_${key}`, value)
    } catch {
      // Without storage the panel forgets between pages; the tracking does not depend on it.
    }
  },
}

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter(Boolean))
  return made
}

const visitor = () => (/(?:^|; )tl_visitor=([^;]+)/.exec(document.cookie) || [])[1]
const shownNumber = () => document.getElementById('number').textContent.trim()

const phone = element('input', { type: 'tel', id: 'your-phone', value: memory.get('phone') || randomPhone() })
phone.addEventListener('change', () => memory.set('phone', phone.value))
memory.set('phone', phone.value)

const problem = element('p', { class: 'error', role: 'alert' })
const timeline = element('ol', { class: 'timeline', 'aria-live': 'polite' })
const summary = element('div', { class: 'summary' }, element('p', {}, say.none))
const postbacks = element('ol', { class: 'timeline' })
const postbacksTitle = element('h2', { hidden: '' }, say.postbacks)
const steps = {}

panel.append(
  element('h2', {}, say.title),
  element('p', {}, say.lead),
  element('label', { for: 'your-phone' }, say.yourPhone, phone),
  element(
    'ol',
    { class: 'steps' },
    step('ad', () => {
      location.href =
        '/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring_flats&utm_term=flat+by+the+water&yclid=' +
        Date.now()
    }),
    step('form', () => {
      location.href = '/demo/contacts#viewing'
    }),
    step('back', comeBack),
    step('call', () => post('call', { to: shownNumber(), from: phone.value })),
    step('deal', () => post('deal', { phone: phone.value, visitor: visitor(), language })),
  ),
  problem,
  element('h2', {}, say.history),
  summary,
  timeline,
  postbacksTitle,
  postbacks,
)

const formPhone = document.querySelector('#viewing [name=phone]')
if (formPhone) formPhone.value = phone.value

// On a narrow screen the panel stands below the page; the way to it goes away once it is in sight.
const wayThere = document.querySelector('.to-panel')
new IntersectionObserver(([entry]) => wayThere.classList.toggle('arrived', entry.isIntersecting), {
  rootMargin: '0px 0px -50% 0px',
}).observe(panel)

void grow()

function step(name, act) {
  const button = element('button', { type: 'button' }, say[`${name}Do`])
  button.addEventListener('click', async () => {
    button.disabled = true
    problem.textContent = ''
    try {
      await act()
    } catch (error) {
      problem.textContent = `${say.failed}: ${error.message}`
    }
    button.disabled = false
  })
  steps[name] = element('li', { class: 'step', 'data-step': name }, element('span', {}, say[name]), button)
  return steps[name]
}

/** As someone does who types the address days later: no session any more, and no page that led here. */
function comeBack() {
  document.cookie = 'tl_session=; path=/; max-age=0'
  element('a', { href: '/demo/', rel: 'noreferrer' }).click()
}

async function post(what, body) {
  const answer = await fetch(`/demo/api/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const told = await answer.json()
  if (!answer.ok) throw new Error(told.error?.message || told.rejected?.[0]?.message || answer.status)
  await show(told.position)
}

/** Asks for the history again and again while the page is looked at. */
async function grow() {
  for (;;) {
    if (document.visibilityState === 'visible' && visitor()) await show().catch(() => {})
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS))
  }
}

/** With a position, waits until the history has what was written there. */
async function show(position) {
  const query = new URLSearchParams({ visitor: visitor() ?? '', ...(position && { after: position }) })
  const answer = await fetch(`/demo/api/history?${query}`)
  const history = answer.ok ? await answer.json() : undefined
  if (!history?.person) return
  showSummary(history.person)
  showTimeline(history.person.timeline.slice(-60))
  showSteps(history.person.timeline)
  postbacksTitle.hidden = history.postbacks.length === 0
  replaceChanged(
    postbacks,
    history.postbacks.map(({ at, body }) => line(at, postbackWords(body, say, language))),
  )
}

function showSummary({ id, revenue, currency, identifiers }) {
  replaceChanged(summary, [
    element('p', {}, `${say.knownBy}: ${knownWords(identifiers, say)}.`),
    Number(revenue) > 0 &&
      element('p', {}, `${say.revenue}: `, element('b', {}, formatMoney(revenue, currency, language))),
    element(
      'p',
      {},
      element('a', { class: 'open', href: `/persons/${id}?site=demo`, target: '_blank', title: say.token }, say.open),
    ),
  ])
}

function showTimeline(items) {
  const hasGrown = replaceChanged(
    timeline,
    items.map((item) => {
      const { title, reason } = wordsOf(item, say, language)
      return line(item.at, title, reason, isInner(item))
    }),
  )
  // The newest is what the step just did; on a narrow screen the page itself scrolls, and must not jump.
  if (hasGrown && matchMedia('(min-width: 60.01rem)').matches) panel.scrollTop = panel.scrollHeight
}

function showSteps(items) {
  const sessions = items.filter(({ kind }) => kind === 'session')
  const fromAd = sessions.findIndex(({ channel }) => channel === 'paid_search')
  const has = (kind) => items.some((item) => item.kind === kind)
  const done = {
    ad: fromAd >= 0,
    form: has('form'),
    back: fromAd >= 0 && sessions.slice(fromAd).some(({ channel }) => channel === 'direct'),
    call: has('call'),
    deal: has('deal'),
  }
  const next = Object.keys(done).find((name) => !done[name])
  for (const [name, isDone] of Object.entries(done)) {
    steps[name].classList.toggle('done', isDone)
    steps[name].classList.toggle('next', name === next)
  }
}

function line(at, title, reason, isQuiet = false) {
  const time = element('time', { datetime: at }, new Date(at).toLocaleTimeString(language === 'ru' ? 'ru-RU' : 'en-GB'))
  const words = element('span', {}, title, reason && element('small', {}, reason))
  return element('li', isQuiet ? { class: 'inner' } : {}, time, words)
}

/** Leaves what is the same alone, so that a reader's place and selection stay. Says whether anything changed. */
function replaceChanged(parent, children) {
  const wanted = children.filter(Boolean)
  const isSame =
    parent.children.length === wanted.length &&
    wanted.every((child, index) => child.isEqualNode(parent.children[index] ?? null))
  if (!isSame) parent.replaceChildren(...wanted)
  return !isSame
}

function randomPhone() {
  return `+7 926 ${String(Math.floor(Math.random() * 1e7))
    .padStart(7, '0')
    .replace(/(\d{3})(\d{2})(\d{2})/, '$1-$2-$3')}`
}
