import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Control } from './control.ts'
import { type Reading, UnreadableSource } from './import-source.ts'

/** How one try to send what is left of an import ended. */
export type PartResult =
  | { kind: 'done' }
  /** To be tried again, from the lines that are durable then. */
  | { kind: 'later'; why: string; wait_s?: number }
  | { kind: 'refused'; why: string }

export interface ImportStatus {
  id: string
  lines: number
  accepted: number
  rejected_total: number
  rejected: { index: number; event?: number; field: string; message: string }[]
  position: string | null
  state: string
}

/** What the service has of an import; undefined when it knows none of this name. */
export async function askImport(service: Control, id: string): Promise<ImportStatus | undefined | PartResult> {
  try {
    const { status, body, retry_after_s } = await answerOf(ask(service, 'GET', `/v1/imports/${id}`))
    if (status === 200) return body as unknown as ImportStatus
    if (status === 404) return undefined
    return resultOf(status, body, retry_after_s)
  } catch (error) {
    return away(error)
  }
}

/** Sends lines until they end, or the service does not take more. */
export async function sendPart(
  service: Control,
  { id, site, from_line, reading }: { id: string; site: string | undefined; from_line: number; reading: Reading },
): Promise<PartResult> {
  const query = new URLSearchParams({ import: id, from_line: String(from_line), ...(site !== undefined && { site }) })
  const request = ask(service, 'POST', `/v1/events?${query}`)
  const answered = answerOf(request)
  // Looked at below; the sending may fail first.
  answered.catch(() => {})
  const sending = new AbortController()
  const sent = pipeline(Readable.from(reading.chunks, { objectMode: false }), request, { signal: sending.signal })
  const unreadable = sent.then(
    () => undefined,
    (error: unknown) => (error instanceof UnreadableSource ? error : undefined),
  )
  try {
    const { status, body, retry_after_s } = await answered
    // An answer before the end says why no more is taken.
    sending.abort()
    return resultOf(status, body, retry_after_s)
  } catch (error) {
    const fault = await unreadable
    return fault ? { kind: 'refused', why: fault.message } : away(error)
  }
}

function ask({ url, token }: Control, method: 'GET' | 'POST', path: string) {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(method === 'POST' && { 'content-type': 'application/x-ndjson' }),
  }
  const request = httpRequest(`${url}${path}`, { method, headers, agent: false })
  if (method === 'GET') request.end()
  return request
}

interface Answer {
  status: number
  body: { error?: { code: string; message: string } }
  retry_after_s: number | undefined
}

function answerOf(request: ReturnType<typeof httpRequest>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.once('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const after = Number(response.headers['retry-after'])
        try {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as Answer['body']
          resolve({ status: response.statusCode ?? 0, body, retry_after_s: after > 0 ? after : undefined })
        } catch (error) {
          reject(error)
        }
      })
    })
  })
}

/** Another request that still holds the import may be our own, whose end the service has not noticed. */
const passing = ['import_in_use', 'import_gap', 'too_slow']

function resultOf(status: number, { error }: Answer['body'], retry_after_s: number | undefined): PartResult {
  if (status === 202) return { kind: 'done' }
  const why = error?.message ?? `The service answered ${status}.`
  const isPassing = status === 429 || status >= 500 || passing.includes(error?.code ?? '')
  if (!isPassing) return { kind: 'refused', why }
  return { kind: 'later', why, ...(retry_after_s !== undefined && { wait_s: retry_after_s }) }
}

function away(error: unknown): PartResult {
  const { code, message } = error as NodeJS.ErrnoException
  return { kind: 'later', why: `The service does not answer (${code ?? message}).` }
}
