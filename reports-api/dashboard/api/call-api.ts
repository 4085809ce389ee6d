import { dropToken, readToken } from '../access/token-store.ts'

/** What the API answered instead of what was asked for. `code` is stable; `offline` and `unreadable` are our own. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly details: Record<string, unknown>

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.details = details
  }
}

export interface CallOptions {
  query?: Record<string, string | number | undefined>
  body?: unknown
  signal?: AbortSignal
  /** Asks with this token instead of the one that is kept; its refusal signs nobody out. */
  token?: string
}

/** One call of the API as JSON. A refused token ends the sign-in; every failure is an `ApiError`. */
export async function callApi<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  const token = options.token ?? readToken()
  const response = await send(path, options, token)
  const answer = await readJson(response)
  if (response.ok) return answer as Answer
  if (response.status === 401 && options.token === undefined) dropToken('refused')
  throw toError(response, answer)
}

async function send(path: string, options: CallOptions, token: string | undefined): Promise<Response> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) query.set(name, String(value))
  }
  try {
    return await fetch(query.size > 0 ? `${path}?${query}` : path, {
      method: options.body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.signal && { signal: options.signal }),
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError(0, 'offline', 'The service cannot be reached.')
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    // A proxy in front answers in HTML when the service is down.
    throw new ApiError(response.status, 'unreadable', `The answer (HTTP ${response.status}) is not from Throughline.`)
  }
}

function toError(response: Response, answer: unknown): ApiError {
  const { error } = (answer ?? {}) as { error?: { code?: string; message?: string } & Record<string, unknown> }
  if (!error?.code) return new ApiError(response.status, 'unreadable', `HTTP ${response.status}`)
  const { code, message, ...details } = error
  return new ApiError(response.status, code, message ?? code, details)
}
