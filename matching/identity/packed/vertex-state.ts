import type { SharedBy } from '../edge.ts'

/** What memory holds of a vertex beside its edges. */
export interface PackedState {
  blocked: boolean
  listed: boolean
  /** Whether there may be several people around it. */
  isMeeting: boolean
  /** Whether all its edges are known not to join. */
  idle: boolean
  /** Whether it is an employee's browser, or a visit made with one. */
  isStaff: boolean
  /** Whether it belongs to a person. */
  owned: boolean
  /** Whether it has been worked out who it is. */
  settled: boolean
  /** Read from the tables, and not looked at since: what it says of its surroundings is what the table says. */
  unseen?: boolean
}

/** By which rules a vertex is a wall. Few are. */
export interface PackedWalls {
  crowded: SharedBy | undefined
  shared: SharedBy | undefined
}

export function packState({ blocked, isMeeting, listed, settled, owned, idle, isStaff, unseen }: PackedState): number {
  const state = (blocked ? 1 : 0) | (isMeeting ? 2 : 0) | (listed ? 4 : 0) | (settled ? 8 : 0)
  return state | (owned ? 16 : 0) | (idle ? 32 : 0) | (isStaff ? 64 : 0) | (unseen ? 128 : 0)
}

export function readState(state: number): PackedState {
  return {
    blocked: (state & 1) !== 0,
    isMeeting: (state & 2) !== 0,
    listed: (state & 4) !== 0,
    owned: (state & 16) !== 0,
    settled: (state & 8) !== 0,
    idle: (state & 32) !== 0,
    isStaff: (state & 64) !== 0,
    unseen: (state & 128) !== 0,
  }
}
