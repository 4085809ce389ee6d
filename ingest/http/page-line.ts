import type { ByteText } from '#domain/byte-text.ts'
import { Slots } from '#ingest/enrich/slots.ts'
import type { KnownTraffic } from '#ingest/enrich/traffic.ts'
import { encodeValues } from '#ingest/log/encode-row.ts'
import type { TrackedEvent } from '#ingest/wire/event.ts'
import type { BatchColumns } from './event-row.ts'

type PageEvent = TrackedEvent & { type: 'page' }

/** The columns of a batch as they stand in a page's row: those before its own, and those after them. */
export interface BatchText {
  before: string
  after: string
}

/**
 * The row of a page as the log keeps it: what `encodeRow` makes of `eventRow`, put together from parts that are text
 * already. Nearly every event is a page, and most of its row is the same for a whole visit.
 */
export function pageLine(
  { id, url, referrer, title }: PageEvent,
  at_ms: number,
  site: string,
  { before, after }: BatchText,
  traffic: KnownTraffic,
): ByteText {
  const own = `${quote(url)},${quote(referrer ?? '')},${quote(title ?? '')}`
  return `${site},"${id}","page",${at_ms},${before},${own},${traffic.columns},${columnsOfOtherEvents},${after}]` as ByteText
}

export function batchText(batch: BatchColumns, visitor_columns: string): BatchText {
  const { received_at, clock_shift_ms, trusted, bot, visitor, session, ga, ym, ga_session } = batch
  // Ids hold no character that JSON escapes: their pattern leaves none (wire/fields.ts).
  const ids = `"${visitor}","${session}","${ga}","${ym}"`
  return {
    before: `${received_at},${clock_shift_ms},${trusted},${bot},${ids}`,
    after: `${visitor_columns},"${ga_session}"`,
  }
}

/** From `engaged_ms` to `contact_name`. */
const columnsOfOtherEvents = encodeValues([0, 0, '', '', {}, '', '', '', '', '', '', '', ''])

function quote(text: string): string {
  return plain.test(text) ? `"${text}"` : quoted.get(text, '', encodeText)
}

const plain = /^[ !#-[\]-~]*$/

/** The same titles come again and again, and to turn them into bytes costs most of what a row does. */
const quoted = new Slots<ByteText>(4_096, 500)
const encodeText = (text: string) => encodeValues([text])
