import { guard } from '../src/guard.ts'
import { nines } from './nines.ts'
import { say, warn } from './say.ts'
import { type Parcel, tellParcel } from './tell-parcel.ts'
import { tellNumbers } from './watch-swaps.ts'

interface Watching {
  endpoint: string
  isDebug: boolean
  isTest: boolean
}

interface Answer {
  accepted?: number
  rejected?: { field: string; message: string }[]
  error?: { code?: string; message?: string; field?: string }
  numbers?: { replaces: string[]; number: string }[]
}

/** Stands between the tracker and the network: tells what is sent and answered; in a test, lets nobody ask for numbers. */
export function watchRequests({ endpoint, isDebug, isTest }: Watching): void {
  // The numbers of the last page would be on screen before the nines.
  if (isTest) guard(() => localStorage.removeItem('tl_numbers'))()
  const ownFetch = window.fetch
  window.fetch = (input, init) => {
    const path = pathOf(String(input), endpoint)
    if (!path || !init) return ownFetch.call(window, input, init)
    return isTest && path === 'numbers' ? Promise.resolve(json({ numbers: nines() })) : pass(String(input), path, init)
  }
  if (isDebug) watchBeacons(endpoint)

  function pass(address: string, path: string, init: RequestInit): Promise<Response> {
    const parcel = JSON.parse(String(init.body)) as Parcel
    const body = JSON.stringify(isTest ? { ...parcel, lease: false } : parcel)
    const what = `${path}${nameOf(parcel)}`
    if (isDebug) guard(tellParcel)(parcel)
    return ownFetch.call(window, address, { ...init, body }).then(
      async (response) => {
        const answer = (await response
          .clone()
          .json()
          .catch(() => ({}))) as Answer
        if (isTest && parcel.lease) answer.numbers = nines()
        if (isDebug) tellAnswer(what, response.status, answer)
        return isTest && parcel.lease ? json(answer, response.status) : response
      },
      (error) => {
        if (isDebug)
          warn(
            'sent',
            [what, '→ not delivered; kept, and tried again later. Blocked, offline, or no such address?'],
            error,
          )
        throw error
      },
    )
  }
}

function watchBeacons(endpoint: string): void {
  const own = navigator.sendBeacon
  navigator.sendBeacon = (address, body) => {
    const isTaken = own.call(navigator, address, body)
    if (pathOf(String(address), endpoint))
      guard(() => {
        const parcel = JSON.parse(String(body)) as Parcel
        tellParcel(parcel)
        say('sent', [
          `events${nameOf(parcel)}`,
          isTaken ? '→ by beacon, whose answer no page gets' : '→ beacon refused',
        ])
      })()
    return isTaken
  }
}

/** What comes after the endpoint, however the address is written; empty when it leads elsewhere. */
function pathOf(address: string, endpoint: string): string {
  const whole = guard(() => new URL(address, location.href).href)() || ''
  return whole.startsWith(endpoint) ? whole.slice(endpoint.length) : ''
}

function nameOf({ events }: Parcel): string {
  return events ? ` (${events.map(({ type }) => type).join(', ')})` : ''
}

function tellAnswer(what: string, status: number, answer: Answer): void {
  const { accepted, rejected = [], error, numbers } = answer
  if (error)
    warn('sent', [
      what,
      `→ ${status} refused: ${error.code}`,
      error.field ? `at ${error.field}:` : '',
      error.message || '',
    ])
  else say('sent', [what, `→ ${status}`, accepted === undefined ? '' : `accepted ${accepted}`])
  for (const { field, message } of rejected) warn('sent', [what, `→ rejected, ${field}:`, message])
  if (numbers) tellNumbers(numbers)
}

function json(content: object, status = 200): Response {
  return new Response(JSON.stringify(content), { status, headers: { 'content-type': 'application/json' } })
}
