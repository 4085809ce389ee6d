import type { FastifyBaseLogger } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { Failure, type FailureCode } from './failure.ts'

/** What the caller of a request that failed is told. */
export interface FailureAnswer {
  status: number
  /** For the header Retry-After. */
  retry_after: string | undefined
  body: { error: Record<string, unknown> }
}

/** Answers a failure, expected or not, and logs it where someone should read it. */
export function answerFailure(
  error: unknown,
  { log, ...place }: { log: FastifyBaseLogger; path: string; reqId?: string },
): FailureAnswer {
  const failure = toFailure(error)
  // A neighbour that is away is told once where it is noticed; a line for each request it costs would bury the rest.
  if (failure.status >= 500) {
    const level = failure.code === 'internal' ? 'error' : 'debug'
    log[level]({ err: failure.cause ?? error, ...place }, 'request failed')
  }
  return {
    status: failure.status,
    retry_after: failure.retry_after_s === undefined ? undefined : String(failure.retry_after_s),
    body: {
      error: {
        code: failure.code,
        message: failure.message,
        ...(failure.field !== undefined && { field: failure.field }),
        ...failure.details,
      },
    },
  }
}

const framework: Record<string, FailureCode> = {
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_type',
}

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation
    const field = first?.instancePath.split('/').filter(Boolean).join('.') || error.validationContext
    return new Failure(
      'bad_request',
      `${field}: ${first?.message ?? 'is not valid'}`,
      field === undefined ? {} : { field },
    )
  }
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string }
  const known = code === undefined ? undefined : framework[code]
  if (known) return new Failure(known, message ?? known)
  if (statusCode === 429) return new Failure('rate_limited', 'Too many requests from this address.', { cause: error })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Failure('bad_request', message ?? 'This request cannot be read.')
  }
  return new Failure('internal', 'Something went wrong on our side.', { cause: error })
}
