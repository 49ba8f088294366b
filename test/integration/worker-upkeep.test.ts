import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/core/handlers.ts'
import { until } from '../helpers/until.ts'
import { workbench } from '../helpers/workbench.ts'

describe('a worker without a daemon', () => {
  it('retries what failed and runs what was delayed', async () => {
    const { client, work, untilState } = await workbench()
    let runs = 0
    const flaky = defineTask({
      type: 'flaky',
      retry: { base: '1ms', jitter: 'none' },
      run: () => {
        if (++runs < 3) throw new Error('not yet')
      },
    })
    await work([flaky], { upkeep: true })
    const failing = await client.enqueue('flaky', {})
    expect(await untilState(failing.id, 'completed')).toMatchObject({ attempt: 3 })
    const delayed = await client.enqueue('flaky', {}, { delay: 20 })
    await untilState(delayed.id, 'completed')
  })

  it('takes back what a dead worker held', async () => {
    const { client, broker, work, untilState } = await workbench()
    const { id } = await client.enqueue('a', {})
    const quotas = { high: 1, default: 1, low: 1 }
    const request = { worker: 'dead', want: 1, quotas, leaseMs: 100, timeoutMs: 1_000, idle: true, timeouts: {} }
    expect((await broker.claim('default', request)).word).toBe('granted')
    await work({ a: () => 1 }, { upkeep: true, leaseMs: 200 })
    expect(await untilState(id, 'completed')).toMatchObject({ attempt: 2 })
  })

  it('fires schedules, and stands in the list of workers, where it can be asked for quiet', async () => {
    const { client, work } = await workbench()
    const worker = await work({ tick: () => 1 }, { upkeep: true, leaseMs: 300 })
    await client.operator.saveSchedule({ spec: '@every 1s', type: 'tick' })
    await until(async () => (await client.inspector.tasks('default', 'completed')).items.length > 0, { what: 'a run' })
    // Its lease is short: while it connects again it may have been silent for longer.
    await until(async () => {
      expect(await client.inspector.workers()).toMatchObject([{ id: worker.id, silent: false, types: ['tick'] }])
      return true
    })
    await client.operator.quiet(worker.id, true)
    await until(() => worker.isQuiet, { what: 'quiet' })
    await worker.stop()
    expect(await client.inspector.workers()).toEqual([])
  })
})
