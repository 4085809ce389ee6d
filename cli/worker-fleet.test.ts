import cluster from 'node:cluster'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { openProcessReports } from './process-reports.ts'
import { openFleet } from './worker-fleet.ts'

test('workers are not started any more once they were told to close', async () => {
  const fork = vi.spyOn(cluster, 'fork').mockImplementation(() => {
    throw new Error('A worker was started.')
  })
  const nothing = () => {}
  const log = pino({ level: 'silent' })
  const care = { begin: nothing, told: nothing, asked: nothing, left: nothing, unread: nothing, log, hung_after_ms: 0 }
  const fleet = openFleet({ workers: 2, reports: openProcessReports(log), ...care })
  await fleet.close()
  await expect(fleet.listen()).rejects.toThrow('Stopped while it was starting.')
  expect(fork).not.toHaveBeenCalled()
  fork.mockRestore()
})
