import type { ReactNode } from 'react'
import markUrl from '../mark.svg'

/** The sign of Throughline: one line from the first point to the last. */
export function Mark({ size }: { size: number }): ReactNode {
  return <img src={markUrl} width={size} height={size} alt="" />
}
