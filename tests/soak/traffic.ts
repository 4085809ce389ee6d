import { request as httpRequest } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../support/random.ts'
import { ADMIN_TOKEN } from '../support/running-service.ts'
import type { Counted, Ledger } from './ledger.ts'
import { type Message, openMessages } from './messages.ts'
import type { NumbersShown } from './numbers-shown.ts'

export interface TrafficCounts {
  requests: number
  accepted: number
  repeats: number
  refused_503: number
  unanswered: number
  clients_died: number
  /** Answers that nothing explains. */
  unexpected: string[]
}

export interface Traffic {
  readonly counts: TrafficCounts
  pause(): Promise<void>
  resume(): void
  stop(): Promise<void>
}

const SENDERS = 6
const REPEATABLE_MAX = 300
const WAIT_MS = 70_000
const UNEXPECTED_MAX = 20

interface TrafficOptions {
  url: string
  random: Random
  ledger: Ledger
  numbers: NumbersShown
}

/** Sends all kinds of facts without end, some of them again and some by clients that die. */
export function startTraffic({ url, random, ledger, numbers }: TrafficOptions): Traffic {
  const messages = openMessages(random)
  const repeatable: Message[] = []
  const counts: TrafficCounts = {
    requests: 0,
    accepted: 0,
    repeats: 0,
    refused_503: 0,
    unanswered: 0,
    clients_died: 0,
    unexpected: [],
  }
  let isOn = true
  let isPaused = false
  let resumed: (() => void)[] = []
  let busy = 0

  async function send(message: Message): Promise<void> {
    counts.requests++
    note('sent', message)
    const dies = random.chance(0.04)
    if (dies && random.chance(0.5)) {
      counts.clients_died++
      return sendPart(url, message, random)
    }
    const patience_ms = dies ? random.whole(0, 15) : WAIT_MS
    if (dies) counts.clients_died++
    try {
      const answer = await fetch(`${url}${message.path}`, {
        method: 'POST',
        body: message.body,
        headers: headersOf(message),
        signal: AbortSignal.timeout(patience_ms),
      })
      await take(message, answer)
    } catch {
      if (!dies) counts.unanswered++
      await pause(random.whole(5, 100))
    }
  }

  async function take(message: Message, answer: Response): Promise<void> {
    const said = (await answer.json()) as Answer
    if (answer.status === 503) {
      counts.refused_503++
      if (!answer.headers.has('retry-after'))
        unexpected(`503 without Retry-After: ${JSON.stringify(said).slice(0, 300)}`)
      await pause(random.whole(20, 200))
      return
    }
    if (answer.status !== 202 || said.rejected_total !== 0) {
      unexpected(`${message.path} ${answer.status} ${JSON.stringify(said).slice(0, 300)}`)
      return
    }
    note('accepted', message)
    counts.accepted += message.facts.length
    if (said.numbers) numbers.note(message.visitor, said.numbers, Date.now())
  }

  function note(what: 'sent' | 'accepted', { table, facts }: Message): void {
    ledger[what](table satisfies Counted, facts)
  }

  function unexpected(what: string): void {
    if (counts.unexpected.length < UNEXPECTED_MAX) counts.unexpected.push(what)
  }

  function nextMessage(): Message {
    if (repeatable.length > 50 && random.chance(0.08)) {
      counts.repeats++
      return random.pick(repeatable)
    }
    const message = messages.next()
    repeatable.push(message)
    if (repeatable.length > REPEATABLE_MAX) repeatable.splice(random.whole(0, repeatable.length), 1)
    return message
  }

  async function sender(): Promise<void> {
    while (isOn) {
      if (isPaused) await new Promise<void>((done) => resumed.push(done))
      busy++
      await send(nextMessage()).finally(() => busy--)
      await pause(random.whole(20, 150))
    }
  }

  const senders = Promise.all(Array.from({ length: SENDERS }, sender))
  const resume = () => {
    isPaused = false
    for (const go of resumed) go()
    resumed = []
  }
  return {
    counts,
    resume,
    async pause() {
      isPaused = true
      while (busy > 0) await pause(20)
    },
    async stop() {
      isOn = false
      resume()
      await senders
    },
  }
}

interface Answer {
  rejected_total?: number
  numbers?: { number: string; expires_at: string }[]
}

/** As a person's browser says; a bot gets no number. */
const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

function headersOf({ type, is_trusted }: Message): Record<string, string> {
  return {
    'content-type': type,
    'user-agent': userAgent,
    ...(is_trusted && { authorization: `Bearer ${ADMIN_TOKEN}` }),
  }
}

/** A client that dies in the middle of its body, or right after it. */
function sendPart(url: string, message: Message, random: Random): Promise<void> {
  const bytes = Buffer.from(message.body)
  const part = bytes.subarray(0, random.whole(1, bytes.length + 1))
  return new Promise((done) => {
    const request = httpRequest(`${url}${message.path}`, {
      method: 'POST',
      agent: false,
      headers: { ...headersOf(message), 'content-length': bytes.length },
    })
    request.once('error', () => done()).once('close', () => done())
    request.write(part, () => setTimeout(() => request.destroy(), random.whole(0, 10)))
  })
}
