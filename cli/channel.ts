import { Failure, type FailureCode } from '#shell/failure.ts'

/** One end of the line between the main process and a worker; what is said first is heard first. */
export interface Channel<Tell, Ask> {
  /** Resolves when the message has left, or cannot any more: the line then ends by itself. */
  tell(message: Tell): Promise<void>
  /** Resolves with the answer; rejects with the other's Failure, or when there is none in time. */
  ask(question: Ask, wait_ms?: number): Promise<unknown>
  /** Takes what came over the line. */
  take(message: unknown): void
  /** Nobody will answer any more. */
  end(): void
}

export interface ChannelOptions<Told, Asked> {
  send(message: object, done: () => void): void
  told(message: Told): void
  asked(question: Asked): unknown
}

const ASK_WAIT_MS = 15_000

type Message<Told, Asked> =
  | { to: 'tell'; body: Told }
  | { to: 'ask'; id: number; body: Asked }
  | { to: 'answer'; id: number; body: unknown }
  | { to: 'fail'; id: number; failure: FailureRecord }

export function openChannel<Tell, Ask, Told, Asked>({
  send,
  told,
  asked,
}: ChannelOptions<Told, Asked>): Channel<Tell, Ask> {
  const waiting = new Map<number, { done(answer: unknown): void; fail(error: Error): void }>()
  let last_id = 0
  const put = (message: Message<Tell, Ask>) => new Promise<void>((done) => send(message, done))

  async function answer(id: number, question: Asked): Promise<void> {
    try {
      await put({ to: 'answer', id, body: await asked(question) })
    } catch (error) {
      await put({ to: 'fail', id, failure: recordOf(error) })
    }
  }
  return {
    tell: (body) => put({ to: 'tell', body }),
    ask(body, wait_ms = ASK_WAIT_MS) {
      const id = ++last_id
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(() => reject(unanswered())), Math.min(wait_ms, TIMER_MS_MAX)).unref()
        const settle = (act: () => void) => {
          clearTimeout(timer)
          waiting.delete(id)
          act()
        }
        waiting.set(id, {
          done: (found) => settle(() => resolve(found)),
          fail: (error) => settle(() => reject(error)),
        })
        void put({ to: 'ask', id, body })
      })
    },
    take(raw) {
      const message = raw as Message<Told, Asked>
      if (message.to === 'tell') told(message.body)
      else if (message.to === 'ask') void answer(message.id, message.body)
      else if (message.to === 'answer') waiting.get(message.id)?.done(message.body)
      else waiting.get(message.id)?.fail(failureOf(message.failure))
    },
    end() {
      for (const { fail } of [...waiting.values()]) fail(unanswered())
    },
  }
}

/** The longest that a timer of Node can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1

function unanswered(): Failure {
  return new Failure('starting', 'Another process of the service does not answer at the moment.', { retry_after_s: 2 })
}

/** A Failure as it travels. What is none is our own mistake: its text is for the log, not for who is answered. */
interface FailureRecord {
  code: FailureCode
  message: string
  cause?: string
  field?: string | undefined
  retry_after_s?: number | undefined
}

function recordOf(error: unknown): FailureRecord {
  if (!(error instanceof Failure))
    return { code: 'internal', message: 'Something went wrong on our side.', cause: String(error) }
  const { code, message, field, retry_after_s } = error
  return { code, message, field, retry_after_s }
}

function failureOf({ code, message, cause, field, retry_after_s }: FailureRecord): Failure {
  return new Failure(code, message, {
    ...(cause !== undefined && { cause: new Error(cause) }),
    ...(field !== undefined && { field }),
    ...(retry_after_s !== undefined && { retry_after_s }),
  })
}
