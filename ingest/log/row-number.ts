/** Room for a number below a million. JSON takes blanks before it. */
export const number_places = 6

/** What a line of the log opens with: the number of its row in its segment. Earlier logs have no blanks before it. */
export const row_number = /^\[ {0,6}(\d{1,10}),/

/** Where the line of this row begins in rows that follow another one; -1 when it is not there. */
export function findRow(data: Buffer, row: number): number {
  for (const number of [String(row).padStart(number_places), String(row)]) {
    const at = data.indexOf(`\n[${number},`)
    if (at >= 0) return at + 1
  }
  return -1
}
