/**
 * A mark of the tags and click ids in an address, made of letters that an id may hold; empty when there are none. No more
 * than three letters before the end of a click id: without a limit, a search would begin anew at each letter.
 */
export function campaignOf(url: string): string {
  const tags = url.match(
    /[?&#](dicb|rdt_|admita|srsl|tblc|_opens|li_fa|utm_|gad_|cje|(s[cs]c|\w{1,3}cl(k|ick_?)?|\wbra)id|tdu|awc)\w*=[^&#]+/gi,
  )
  return `${[tags]}`.replace(/\W/g, '')
}
