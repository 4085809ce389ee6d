/** How far a rebuild is, where those who do it together wait for each other. */
export const meetingPoints = [
  /** There are empty tables to fill. */
  'tables',
  /** All facts of before are read. */
  'filled',
  /** All stand still, with the last facts read: the tables may be swapped. */
  'at_rest',
  /** The new ones are in use. */
  'swapped',
  /** Nobody needs the tables any more. */
  'done',
] as const

export type MeetingPoint = (typeof meetingPoints)[number]

/** Matching processes that make the history anew together, each of its own sites: the tables are everybody's. */
export interface Meeting {
  /** One of them makes the tables, swaps them, and throws away what is left. */
  readonly isLead: boolean
  /** Resolves when all are here; rejects when one of them never will be. */
  reach(point: MeetingPoint): Promise<void>
  /** Throws as soon as it is known that one will not come: nobody need go on. */
  check(): void
}

/** Of one process, which waits for nobody. */
export const alone: Meeting = { isLead: true, reach: async () => {}, check() {} }
