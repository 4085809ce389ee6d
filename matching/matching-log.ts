/** What matching needs of a logger. */
export interface MatchingLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
