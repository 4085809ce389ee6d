import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU seconds a process has used, user and system, by Linux's own count. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name stands in brackets and may hold spaces; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process in megabytes. */
export function residentMb(pid: number): number {
  return statusMb(pid, 'VmRSS')
}

/** The most it ever was. */
export function peakMb(pid: number): number {
  return statusMb(pid, 'VmHWM')
}

function statusMb(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
}
