/** One series of a metric. */
export interface Series {
  labels: Record<string, string>
  value: number
}

/** A counter's series out of the text for Prometheus: that text is of all processes, whatever their number. */
export function readCounter(metrics: string, name: string): Series[] {
  const found: Series[] = []
  for (const line of metrics.split('\n')) {
    if (!line.startsWith(name)) continue
    const [, labels = '', value] = /^\{([^}]*)\} (\S+)$/.exec(line.slice(name.length)) ?? []
    if (value === undefined) continue
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, said]) => [key, said] as const)
    found.push({ labels: Object.fromEntries(pairs), value: Number(value) })
  }
  return found
}
