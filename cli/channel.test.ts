import { describe, expect, test } from 'vitest'
import { Failure } from '#shell/failure.ts'
import { type Channel, openChannel } from './channel.ts'

/** Both ends of a line, over which everything travels as it does between processes. */
function openLine(asked: (question: string) => unknown) {
  const told: string[] = []
  const here: Channel<string, string> = openChannel<string, string, string, string>({
    send: (message, done) => {
      queueMicrotask(() => there.take(structuredClone(message)))
      done()
    },
    told: () => {},
    asked: () => undefined,
  })
  const there: Channel<string, string> = openChannel<string, string, string, string>({
    send: (message, done) => {
      queueMicrotask(() => here.take(structuredClone(message)))
      done()
    },
    told: (message) => void told.push(message),
    asked,
  })
  return { here, told }
}

describe('the line between two processes', () => {
  test('keeps the order of what is said, and brings each answer to its question', async () => {
    const { here, told } = openLine(async (question) => {
      if (question === 'slow') await new Promise((done) => setTimeout(done, 5))
      return `${question} answered`
    })
    await Promise.all(['a', 'b', 'c'].map((word) => here.tell(word)))
    expect(await Promise.all([here.ask('slow'), here.ask('quick')])).toEqual(['slow answered', 'quick answered'])
    expect(told).toEqual(['a', 'b', 'c'])
  })

  test('carries a Failure with all that its caller is told', async () => {
    const { here } = openLine(() => {
      throw new Failure('log_full', 'The log has reached its quota.', { retry_after_s: 10, field: 'body' })
    })
    const failure = await here.ask('x').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ code: 'log_full', status: 503, retry_after_s: 10, field: 'body' })
    expect((failure as Failure).message).toBe('The log has reached its quota.')
  })

  test('keeps the text of any other error from callers', async () => {
    const { here } = openLine(() => {
      throw new Error('row 7: +7 999')
    })
    const failure = (await here.ask('x').catch((error: unknown) => error)) as Failure
    expect([failure.code, failure.message]).toEqual(['internal', 'Something went wrong on our side.'])
    expect(String(failure.cause)).toContain('row 7')
  })

  test('tells who waits that nobody answers: after a time, or when the line ends', async () => {
    const { here } = openLine(() => new Promise(() => {}))
    await expect(here.ask('x', 1)).rejects.toMatchObject({ code: 'starting', status: 503 })
    const asked = here.ask('y')
    here.end()
    await expect(asked).rejects.toMatchObject({ code: 'starting' })
  })
})
