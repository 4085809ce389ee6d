/** What sessions came from, by `id`; `ids` is a query of their ids. */
export function sessionTagsSql(ids: string): string {
  return `SELECT id, source, medium, campaign, channel FROM sessions FINAL WHERE site = {site:String} AND id IN (${ids})`
}

/**
 * The columns that say where something came from, all of the first teller that has something to say: a source without its
 * campaign would be a lie. Each teller is a table's name and the condition under which it is heard.
 */
export function tagsOf(tellers: readonly (readonly [table: string, isHeard: string])[]): string {
  return ['source', 'medium', 'campaign', 'channel']
    .map(
      (column) =>
        `multiIf(${tellers.map(([table, isHeard]) => `${isHeard}, ${table}.${column}`).join(', ')}, '') AS ${column}`,
    )
    .join(', ')
}
