import { ADMIN_TOKEN, type RunningService } from '#tests/support/running-service.ts'

/** Asks the service's own ClickHouse. */
export async function askStore(service: RunningService, sql: string): Promise<number> {
  const { clickhouse } = await service.control()
  const answer = await fetch(`${clickhouse.url}/?database=${clickhouse.database}`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': clickhouse.user, 'X-ClickHouse-Key': clickhouse.password },
    body: `${sql} FORMAT TabSeparated`,
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return Number(text)
}

export const EVENTS = 'SELECT count() FROM events'
/** Rows of segments that are wholly in, which is what others may read. */
export const LANDED = "SELECT sum(rows) FROM segments FINAL WHERE table = 'events'"

/** A metric of the service without labels, or the sum over them. */
export async function metric(service: RunningService, name: string): Promise<number> {
  const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`/metrics: ${answer.status}`)
  let sum = Number.NaN
  for (const line of text.split('\n')) {
    const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`).exec(line)
    if (found) sum = (Number.isNaN(sum) ? 0 : sum) + Number(found[1])
  }
  if (Number.isNaN(sum)) throw new Error(`There is no metric ${name}`)
  return sum
}
