// With the random part before it, of up to 35, and the piece's number that the service may put behind, still an id.
const CHARS_MAX = 80

/** A mark of the tags and click ids in an address, made of letters that an id may hold; empty when there are none. */
export function campaignOf(url: string): string {
  const tags = url.match(
    /[?&#](utm_|gad_|rdt_|li_fa|_opens|admita|awc|cje|tdu|tblc|dicb|srsl|(s[cs]c|\w+cl(ic)?k?_?|\wbra)id)\w*=[^&#]+/gi,
  )
  // The end tells most: that is where click ids stand, of which each is another.
  return `${[tags]}`.replace(/\W/g, '').slice(-CHARS_MAX)
}
