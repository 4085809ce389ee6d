const MB = 1024 ** 2

/** Memory of the embedded engine, in bytes. */
export interface EngineLimits {
  server_max: number
  query_max: number
  bi_query_max: number
  mark_cache: number
  index_cache: number
}

/**
 * How much of a machine the engine may take: half of it, so that the two Node processes and the page cache live beside it;
 * never less than it needs to work at all (it is 260 MB big when idle).
 */
export function engineLimits(machine_bytes: number): EngineLimits {
  const server_max = Math.round(Math.min(Math.max(machine_bytes / 2, 700 * MB), 16 * 1024 * MB))
  return {
    server_max,
    query_max: Math.round(server_max * 0.6),
    bi_query_max: Math.round(server_max * 0.3),
    mark_cache: Math.round(server_max / 8),
    index_cache: Math.round(server_max / 16),
  }
}
