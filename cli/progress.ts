/** A progress bar on standard error; silent where nobody watches a terminal. */
export function showProgress(): { update(done: number, total: number, what: string): void; end(): void } {
  const width = 30
  const isWatched = process.stderr.isTTY === true
  return {
    update(done, total, what) {
      if (!isWatched) return
      const filled = Math.round((done / Math.max(total, 1)) * width)
      const percent = Math.floor((done / Math.max(total, 1)) * 100)
      process.stderr.write(`\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${percent} % ${what}\u001b[K`)
    },
    end() {
      if (isWatched) process.stderr.write('\n')
    },
  }
}
