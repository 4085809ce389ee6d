import { useNavigate } from '@tanstack/react-router'
import type { ReportSearch } from './report-search.ts'

export interface ChangeOptions {
  /** Puts the new address in place of the old one, so that «back» does not walk through every click. */
  replace?: boolean
}

/** Changes the report's address, which is where all of its filters live. */
export function useChangeSearch(): (change: (before: ReportSearch) => ReportSearch, options?: ChangeOptions) => void {
  const navigate = useNavigate()
  return (change, options = {}) =>
    void navigate({
      to: '/',
      search: (before) => change(before as ReportSearch),
      resetScroll: false,
      ...options,
    })
}
