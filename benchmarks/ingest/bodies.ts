/** What the generator sends. Every event has an id of its own: repeats would be left out, and cost next to nothing. */
export const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

const run_id = Date.now().toString(36)
let counter = 0

/** What the tracker sends for a page, with so many events. */
export function browserBody(events: number): string {
  const number = counter++
  const now = new Date().toISOString()
  return JSON.stringify({
    site: 'demo',
    visitor: `v${number % 5000}`,
    session: `s${number % 5000}`,
    client_ids: { ga: '2095662112.1674837243', ym: '1668581346714918248' },
    sent_at: now,
    events: Array.from({ length: events }, (_, place) => ({
      id: `b${number}-${place}-${run_id}`,
      type: 'page',
      at: now,
      url: 'http://localhost/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring',
      referrer: 'https://yandex.ru/',
      title: 'North Shore Homes',
    })),
  })
}

const DIGITS = 10
const VISITORS = 5000

/** Makes bodies of NDJSON, one event a line, by stamping numbers into a text made once: the generator shares the cores. */
export function openBulkBodies(lines: number): () => Buffer {
  const blank = '0'.repeat(DIGITS)
  const at = new Date().toISOString()
  const template = Buffer.from(
    Array.from({ length: lines }, (_, line) =>
      JSON.stringify({
        site: 'demo',
        visitor: `v${blank}`,
        session: `s${blank}`,
        client_ids: { ga: '2095662112.1674837243', ym: '1668581346714918248' },
        ip: `91.77.${line % 250}.${line % 7}`,
        user_agent: BROWSER,
        events: [
          {
            id: `${run_id}-${blank}`,
            type: 'page',
            at,
            url: `https://shop.example/catalog/item-${line % 700}?utm_source=yandex&utm_medium=cpc&utm_campaign=brand`,
            referrer: 'https://yandex.ru/',
            title: `Каталог, товар ${line % 700}`,
          },
        ],
      }),
    ).join('\n'),
  )
  const places: number[] = []
  for (let place = template.indexOf(blank); place >= 0; place = template.indexOf(blank, place + DIGITS))
    places.push(place)
  if (places.length !== 3 * lines) throw new Error('The template of a bulk body is not what it should be')
  return () => {
    const body = Buffer.from(template)
    for (let line = 0; line < lines; line++) {
      const number = counter++
      stamp(body, places[3 * line] as number, number % VISITORS)
      stamp(body, places[3 * line + 1] as number, number % VISITORS)
      stamp(body, places[3 * line + 2] as number, number)
    }
    return body
  }
}

function stamp(body: Buffer, place: number, number: number): void {
  let rest = number
  for (let digit = place + DIGITS - 1; rest > 0; digit--) {
    body[digit] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
