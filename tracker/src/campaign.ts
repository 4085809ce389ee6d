// With the random part before it, of up to 35, and the piece's number that the service may put behind, still an id.
const CHARS_MAX = 80

/** A mark of the tags and click ids in an address, made of letters that an id may hold; empty when there are none. */
export function campaignOf(url = ''): string {
  const tags = url.match(/[?&](utm_\w+|_openstat|[gw]braid|\w*cl(ic)?k?_?id)=[^&#]+/gi) || ''
  // The end tells most: that is where click ids stand, of which each is another.
  return `${tags}`.replace(/\W/g, '').slice(-CHARS_MAX)
}
