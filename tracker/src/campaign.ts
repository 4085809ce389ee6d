/** A short mark of the tags and click ids in a query; empty when there are none. */
export function campaignOf(query: string): string {
  const tags = query.match(/[?&](utm_\w+|_openstat|[gw]braid|\w*cl(ic)?k?_?id)=[^&]+/gi)
  return tags ? hash(tags.join('')) : ''
}

function hash(text: string): string {
  const sum = [...text].reduce((sum, letter) => (sum * 33 + letter.charCodeAt(0)) >>> 0, 5381)
  return sum.toString(36)
}
