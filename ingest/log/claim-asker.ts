import type { Position } from '#domain/position.ts'
import { Failure } from '#shell/failure.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { type FromClaimBook, type ToClaimBook, verdict } from './claim-messages.ts'

/** What becomes of ids that were asked for, by their places in the question. */
export interface Answer {
  /** To be written by the one who asked. */
  fresh: number[]
  /** Reaches those that are known; empty when none is. */
  position: Position
  /** Being written elsewhere. Rejects when that takes too long. */
  waits: { place: number; decided: Promise<Decision> }[]
}

interface Decision {
  isNew: boolean
  position: Position
}

/** Asks whether ids may be written. Rejects when there is no answer for too long. */
export type Ask = (table: FactTable, hashes: Uint32Array) => Promise<Answer>

export interface ClaimAsker {
  ask: Ask
  /** Gives ids back whose rows could not be written. */
  failed(hashes: Uint32Array): void
  take(message: FromClaimBook): void
}

/** Ids of one request. */
interface Question {
  hashes: Uint32Array
  resolve(answer: Answer): void
  reject(error: unknown): void
}

interface Wait {
  resolve(decision: Decision): void
  reject(error: unknown): void
}

/** Questions of one turn of the event loop, sent as one message. */
interface Batch {
  hashes: Uint32Array
  /** Emptied by the answer. */
  questions: Question[]
  waits: Map<number, Wait>
  timer: NodeJS.Timeout
  /** Nobody waits for it any more; what may be written after that is given back. */
  isOver: boolean
}

export function openClaimAsker(options: { send(message: ToClaimBook): Promise<void>; wait_ms: number }): ClaimAsker {
  const { send, wait_ms } = options
  const gathering = new Map<FactTable, Question[]>()
  const batches = new Map<number, Batch>()
  let batch_number = 0

  function sendGathered(): void {
    for (const [table, questions] of gathering) {
      const hashes = concat(questions)
      const number = ++batch_number
      const timer = setTimeout(() => giveUp(number), wait_ms)
      batches.set(number, { hashes, questions, waits: new Map(), timer, isOver: false })
      void send({ say: 'claim', batch: number, table, hashes })
    }
    gathering.clear()
  }
  function giveUp(number: number): void {
    const batch = batches.get(number)
    if (!batch) return
    batch.isOver = true
    const error = new Failure('starting', 'Whether this has come before is not known yet.', { retry_after_s: 2 })
    for (const question of batch.questions) question.reject(error)
    for (const wait of batch.waits.values()) wait.reject(error)
  }
  function endIfDecided(number: number, batch: Batch): void {
    if (batch.waits.size > 0) return
    clearTimeout(batch.timer)
    batches.delete(number)
  }
  const giveBack = (hashes: Uint32Array) => void send({ say: 'failed', hashes })

  function takeVerdicts({ batch: number, verdicts, position }: FromClaimBook & { say: 'claimed' }): void {
    const batch = batches.get(number)
    if (!batch) return
    let from = 0
    for (const { hashes, resolve } of batch.questions.splice(0)) {
      const to = from + hashes.length / 2
      const answer = readAnswer(verdicts.subarray(from, to), position, (place, wait) =>
        batch.waits.set(from + place, wait),
      )
      if (batch.isOver) for (const place of answer.fresh) giveBack(hashes.slice(place * 2, place * 2 + 2))
      resolve(answer)
      from = to
    }
    endIfDecided(number, batch)
  }
  function takeDecision({ batch: number, place, isNew, position }: FromClaimBook & { say: 'decided' }): void {
    const batch = batches.get(number)
    const wait = batch?.waits.get(place)
    if (!batch || !wait) return
    batch.waits.delete(place)
    if (batch.isOver && isNew) giveBack(batch.hashes.slice(place * 2, place * 2 + 2))
    wait.resolve({ isNew, position })
    endIfDecided(number, batch)
  }
  return {
    ask(table, hashes) {
      if (gathering.size === 0) setImmediate(sendGathered)
      const questions = gathering.get(table) ?? []
      gathering.set(table, questions)
      return new Promise((resolve, reject) => questions.push({ hashes, resolve, reject }))
    },
    failed: giveBack,
    take: (message) => (message.say === 'claimed' ? takeVerdicts(message) : takeDecision(message)),
  }
}

function readAnswer(verdicts: Uint8Array, position: Position, await_: (place: number, wait: Wait) => void): Answer {
  const answer: Answer = { fresh: [], position: [], waits: [] }
  for (const [place, found] of verdicts.entries()) {
    if (found === verdict.write) answer.fresh.push(place)
    else if (found === verdict.known) answer.position = position
    else answer.waits.push({ place, decided: new Promise((resolve, reject) => await_(place, { resolve, reject })) })
  }
  return answer
}

function concat(questions: readonly Question[]): Uint32Array {
  const hashes = new Uint32Array(questions.reduce((sum, question) => sum + question.hashes.length, 0))
  let to = 0
  for (const question of questions) {
    hashes.set(question.hashes, to)
    to += question.hashes.length
  }
  return hashes
}
