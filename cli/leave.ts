/**
 * Ends this process at once; everything is closed, or lost already. `process.exit` would restore the terminal first, and
 * where that has been closed Node never gets to its end.
 */
export function leave(): void {
  process.kill(process.pid, 'SIGKILL')
}
