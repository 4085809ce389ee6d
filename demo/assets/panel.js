// The panel of the demo site: plays the caller, the CRM and the ad platform, and shows the history growing.
import { panelTexts } from './panel-texts.js'

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
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

const visitor = () => (/(?:^|; )tl_visitor=([^;]+)/.exec(document.cookie) || [])[1]
const shownNumber = () => document.getElementById('number').textContent.trim()

const phone = element('input', {
  type: 'tel',
  value: memory.get('phone') || randomPhone(),
  'aria-label': say.yourPhone,
})
phone.addEventListener('change', () => memory.set('phone', phone.value))
memory.set('phone', phone.value)

const problem = element('p', { class: 'error', role: 'alert' })
const timeline = element('ol', { class: 'timeline' })
const summary = element('p')
const postbacks = element('ol', { class: 'timeline' })
const postbacksTitle = element('h2', { hidden: '' }, say.postbacks)
const steps = {}

panel.append(
  element('h2', {}, say.title),
  element('p', {}, say.lead),
  element('label', {}, say.yourPhone, phone),
  element('br'),
  element(
    'ol',
    { class: 'steps' },
    step('ad', say.ad, say.adDo, () => {
      location.href =
        '/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring_flats&utm_term=flat+by+the+water&yclid=' +
        Date.now()
    }),
    step('form', say.form, say.formDo, () => {
      location.href = '/demo/contacts#viewing'
    }),
    step('back', say.back, say.backDo, () => {
      document.cookie = 'tl_session=; path=/; max-age=0'
      location.href = '/demo/'
    }),
    step('call', say.call, say.callDo, () => post('call', { to: shownNumber(), from: phone.value })),
    step('deal', say.deal, say.dealDo, () => post('deal', { phone: phone.value, visitor: visitor() })),
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

void grow()

function step(name, text, action, act) {
  const button = element('button', { type: 'button' }, action)
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
  steps[name] = element('li', { class: 'step' }, element('span', {}, text), button)
  return steps[name]
}

async function post(what, body) {
  const answer = await fetch(`/demo/api/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error((await answer.json()).error?.message || answer.status)
}

/** Asks for the history every second while the page is looked at. */
async function grow() {
  for (;;) {
    if (document.visibilityState === 'visible' && visitor()) await show().catch(() => {})
    await new Promise((done) => setTimeout(done, 1000))
  }
}

async function show() {
  const answer = await fetch(`/demo/api/history?visitor=${encodeURIComponent(visitor())}`)
  const history = answer.ok ? await answer.json() : undefined
  if (!history?.person) {
    summary.textContent = say.none
    return
  }
  const { person } = history
  const amount = Number(person.revenue)
  summary.replaceChildren(
    ...(amount > 0
      ? [
          `${say.revenue}: `,
          element('b', {}, amount.toLocaleString(language === 'ru' ? 'ru-RU' : 'en-GB')),
          ` ${person.currency} · `,
        ]
      : []),
    element('a', { href: `/persons/${person.id}?site=demo`, target: '_blank' }, say.open),
  )
  timeline.replaceChildren(...person.timeline.slice(-40).map(line))
  const seen = new Set(person.timeline.map(({ kind }) => kind))
  const paid = person.timeline.some((item) => item.kind === 'session' && item.channel === 'paid_search')
  const returned = person.timeline.filter(({ kind }) => kind === 'session').length > 1
  for (const [name, isDone] of Object.entries({
    ad: paid,
    form: seen.has('form'),
    back: returned,
    call: seen.has('call'),
    deal: seen.has('deal'),
  })) {
    steps[name].classList.toggle('done', isDone)
  }
  postbacksTitle.hidden = history.postbacks.length === 0
  postbacks.replaceChildren(
    ...history.postbacks.map(({ at, body }) => element('li', {}, element('time', {}, clock(at)), JSON.stringify(body))),
  )
}

function line(item) {
  const inner = item.kind === 'page' || item.kind === 'click' || item.kind === 'custom'
  return element(
    'li',
    inner ? { class: 'inner' } : {},
    element('time', {}, clock(item.at)),
    `${say.kinds[item.kind] || item.kind}${detail(item)}`,
  )
}

function detail(item) {
  const parts =
    {
      session: [item.source, item.medium, item.campaign],
      page: [item.title || item.url],
      click: [item.target],
      custom: [item.name],
      form: [item.form?.name || item.name],
      call: [item.to, item.match?.reason || item.reason],
      deal: [item.status, item.amount && `${Number(item.amount).toLocaleString()} ${item.currency}`],
      postback: [item.state || item.status],
    }[item.kind] || []
  const text = parts.filter(Boolean).join(' · ')
  return text ? `: ${text}` : ''
}

function clock(at) {
  return new Date(at).toLocaleTimeString(language === 'ru' ? 'ru-RU' : 'en-GB')
}

function randomPhone() {
  return `+7 926 ${String(Math.floor(Math.random() * 1e7))
    .padStart(7, '0')
    .replace(/(\d{3})(\d{2})(\d{2})/, '$1-$2-$3')}`
}
