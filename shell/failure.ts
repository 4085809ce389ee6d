/** Every failure a caller can meet. The API reference is made from this table. Codes are never renamed. */
export const failures = {
  bad_request: { status: 400, fix: 'Correct the field that the message names.' },
  nothing_accepted: { status: 400, fix: 'Correct the fields named in `rejected`; nothing was stored.' },
  unknown_metric: { status: 400, fix: 'GET /v1/reports/registry lists every metric.' },
  unknown_dimension: { status: 400, fix: 'GET /v1/reports/registry lists every dimension.' },
  unknown_model: { status: 400, fix: 'Use one of the attribution models of the registry.' },
  unauthorized: { status: 401, fix: 'Send a valid token as `Authorization: Bearer tl_…`.' },
  forbidden: { status: 403, fix: 'Use a token with the scope, and of the site, that the message names.' },
  domain_not_allowed: { status: 403, fix: 'Add the domain to the site, or take the snippet off that page.' },
  not_found: { status: 404, fix: 'Correct the path.' },
  site_not_found: { status: 404, fix: 'Create the site, or correct the key in the snippet.' },
  person_not_found: { status: 404, fix: 'Check the identifier, or wait with ?after= for a fresh fact.' },
  erasure_not_found: { status: 404, fix: 'Check the id, or come back in a second when it was made just now.' },
  fact_not_found: { status: 404, fix: 'Check the id and the site.' },
  setting_not_found: { status: 404, fix: 'List the collection to see what there is.' },
  import_not_found: { status: 404, fix: 'Begin it with POST /v1/events?import=ID.' },
  method_not_allowed: { status: 405, fix: 'Use the method that the reference names.' },
  too_slow: { status: 408, fix: 'Send the body faster, or in smaller pieces.' },
  identifier_shared: { status: 409, fix: 'Ask with an identifier that belongs to one person.' },
  setting_in_use: { status: 409, fix: 'Remove what the message names first.' },
  import_in_use: { status: 409, fix: 'Wait for the other request to end, then go on from its durable lines.' },
  import_gap: { status: 409, fix: 'Send again from the line that `lines` names.' },
  too_many_imports: { status: 409, fix: 'Send those that broke off to their end, or wait until they are forgotten.' },
  version_conflict: { status: 412, fix: 'Read the document again and repeat the change on its newest version.' },
  too_large: { status: 413, fix: 'Send less in one request.' },
  unsupported_type: { status: 415, fix: 'Use a content type that the reference names.' },
  rate_limited: { status: 429, fix: 'Come back after the seconds in Retry-After.' },
  internal: { status: 500, fix: 'Look in the log of the service; it has the cause.' },
  store_away: { status: 503, fix: 'Bring ClickHouse back; facts are accepted meanwhile.' },
  log_full: { status: 503, fix: 'Bring ClickHouse back, or raise the log quota.' },
  busy: { status: 503, fix: 'Come back after the seconds in Retry-After, or send smaller bodies.' },
  starting: { status: 503, fix: 'Come back in a second.' },
  history_behind: { status: 504, fix: 'Come back: the write is safe, history has not reached it yet.' },
} as const satisfies Record<string, { status: number; fix: string }>

export type FailureCode = keyof typeof failures

export interface FailureOptions extends ErrorOptions {
  /** The field of the request that is wrong. */
  field?: string
  /** Seconds for Retry-After. */
  retry_after_s?: number
  /** More members for the error object, such as the candidates of a shared identifier. */
  details?: Record<string, unknown>
}

/** Expected and answered: the caller gets code and message, the log also gets the cause. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly field: string | undefined
  readonly retry_after_s: number | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options)
    this.name = 'Failure'
    this.code = code
    this.field = options.field
    this.retry_after_s = options.retry_after_s
    this.details = options.details
  }

  get status(): number {
    return failures[this.code].status
  }
}
