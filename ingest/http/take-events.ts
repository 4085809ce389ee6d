import type { openVisitors } from '#ingest/enrich/visitor.ts'
import type { Leases } from '#ingest/leases/leases.ts'
import type { Sight } from '#ingest/leases/pools-for-session.ts'
import type { Receipt } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import type { Body } from './body.ts'
import { inGroups, isOneObject, readElements, readObject } from './elements.ts'
import { openBatch, readEvent, type Sender } from './event-batch.ts'
import type { BatchColumns } from './event-row.ts'
import type { FactDeps } from './fact-route.ts'
import { type Intake, laterPosition, openIntake, REFUSED_FROM_BROWSERS_MAX } from './intake.ts'
import { visitorCookie } from './visitor-cookie.ts'

export interface EventDeps extends FactDeps {
  leases: Leases
  visitorOf: ReturnType<typeof openVisitors>
}

/** Takes the events of a request: all that a route or a front leaves to do between the body and the receipt. */
export function takeEvents(
  body: Body | undefined,
  sender: Sender,
  deps: EventDeps,
  setCookie: (cookie: string) => void,
): Promise<Receipt> {
  const intake = openIntake({
    fact: 'event',
    table: 'events',
    log: deps.log,
    metrics: deps.metrics,
    speaking,
    refused_max: sender.hasToken ? undefined : REFUSED_FROM_BROWSERS_MAX,
  })
  if (!body || !isOneObject(body)) return takeList(body, sender, deps, intake)
  const finish = (page: TakenBatch | undefined) =>
    intake.finish().then((receipt) => {
      if (page?.cookie) setCookie(page.cookie)
      return page ? withNumbers(receipt, page, deps.leases) : receipt
    })
  // Numbers are for a page that waits for them: one batch, one visitor. It is also what nearly every request is, and so
  // chained by hand: an async function would cost it more than reading the event.
  try {
    const taking = takeBatch(0, readObject(body), sender, intake, deps)
    return taking instanceof Promise ? taking.then(finish) : finish(taking)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function takeList(body: Body | undefined, sender: Sender, deps: EventDeps, intake: Intake): Promise<Receipt> {
  for await (const elements of readElements(body)) {
    for (const element of elements) {
      if ('value' in element) {
        const taking = takeBatch(element.index, element.value, sender, intake, deps)
        if (taking instanceof Promise) await taking
      } else
        intake.refuse(
          { index: element.index },
          { field: element.field, message: element.message, reason: 'unreadable' },
        )
    }
    await intake.relieve()
  }
  return intake.finish()
}

const speaking = ['site_not_found', 'domain_not_allowed', 'forbidden'] as const

/** What the numbers of a page hang on. */
interface TakenBatch {
  columns: BatchColumns
  address: string
  /** Whether numbers are asked for. */
  lease: boolean | undefined
  /** Where the first accepted page of the batch came from. */
  sight: Sight | undefined
  /** The visitor's cookie, when the answer is to set it. */
  cookie: string | undefined
}

/** Takes a batch of events; at once, when it is short. */
export function takeBatch(
  index: number,
  value: unknown,
  sender: Sender,
  intake: Pick<Intake, 'accept' | 'refuse'>,
  { sites, visitorOf }: EventDeps,
): TakenBatch | undefined | Promise<TakenBatch> {
  const batch = openBatch(value, sender, sites, visitorOf)
  if ('reason' in batch) {
    intake.refuse({ index }, batch)
    return undefined
  }
  let sight: Sight | undefined
  const rest = inGroups(batch.envelope.events, (event, place) => {
    const read = readEvent(event, batch)
    if ('reason' in read) return intake.refuse({ index, event: place }, read)
    intake.accept(read.line, `${batch.columns.site}\n${read.id}`)
    sight ??= read.sight
  })
  // Of what was sent nothing is held any longer: a hundred requests wait for the disk with what they hold.
  const { columns, address } = batch
  const lease = batch.envelope.lease ?? undefined
  const cookie = columns.trusted ? undefined : visitorCookie(batch.envelope, batch.site.document, sender)
  return rest
    ? rest.then(() => ({ columns, address, lease, sight, cookie }))
    : { columns, address, lease, sight, cookie }
}

/** Lets the session have its numbers, now that its page is on disk. */
function withNumbers(receipt: Receipt, taken: TakenBatch, leases: Leases): Receipt | Promise<Receipt> {
  const { columns, lease, sight } = taken
  const session = { site: columns.site, visitor: columns.visitor, session: columns.session }
  if (columns.session === '' || columns.bot === 1) return lease ? { ...receipt, numbers: [] } : receipt
  // A browser shows that somebody is there now; a server that asks for no numbers may be telling of last year.
  const is_live = columns.trusted === 0 || lease === true
  if (sight && is_live) leases.notePage(session, sight)
  if (lease) return takeNumbers(receipt, session, taken.address, leases)
  if (is_live) leases.touch(session)
  return receipt
}

async function takeNumbers(
  receipt: Receipt,
  session: Parameters<Leases['touch']>[0],
  address: string,
  leases: Leases,
): Promise<Receipt> {
  try {
    const { numbers, position } = await leases.numbersFor(session, address)
    return { ...receipt, numbers, position: laterPosition(receipt.position, position) }
  } catch (error) {
    // The events are safe, and that is what the answer is about; the page keeps the number it has.
    if (error instanceof Failure) return { ...receipt, numbers: [] }
    throw error
  }
}
