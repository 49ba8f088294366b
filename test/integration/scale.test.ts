import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Events } from '../../src/core/events.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { aDaemon, call } from '../helpers/daemon.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { workbench } from '../helpers/workbench.ts'

interface Scale {
  readonly slo: { readonly state: string; readonly windows: readonly { total: number; late: number }[] } | null
  readonly suggested_workers: number
  readonly eta_ms: number | null
}

const scaleOf = async (bench: Parameters<typeof dqJson>[0]): Promise<Scale> =>
  (await dqJson<Scale[]>(bench, ['scale', 'default']))[0]!

describe('a queue with an objective', () => {
  it('counts the tasks that its workers begin, and those that waited too long', async () => {
    const bench = await workbench()
    await bench.client.enqueue('a', 0)
    expect((await dq(bench, ['slo', 'set', 'default', '1m', '0.9'])).out).toBe('default objective set')
    const events = new Events()
    const worker = new Worker({ redis: bench.redis, namespace: bench.namespace, tasks: { a: () => 1 }, events })
    onTestFinished(() => worker.stop())
    await worker.start()
    await until(() => events.has('task.started'), { what: 'the worker to know of the objective' })
    const runs = [Date.now() - 3_600_000, Date.now()].map((runAt) => bench.client.enqueue('a', 1, { runAt }))
    for (const { id } of await Promise.all(runs)) await bench.untilState(id, 'completed')
    await worker.stop()
    const { slo } = await scaleOf(bench)
    expect(slo).toMatchObject({ wait_ms: 60_000, target: 0.9, state: 'met' })
    for (const window of slo!.windows) expect(window).toMatchObject({ late: 1, burn: expect.any(Number) })
    expect((await dq(bench, ['slo', 'list'])).out).toMatch(/QUEUE +WAIT +TARGET +STATE.*\ndefault +1m +0\.9 +met/)
    expect((await dq(bench, ['slo', 'clear', 'default'])).out).toBe('default objective cleared')
    expect((await scaleOf(bench)).slo).toBeNull()
  })

  it.each([
    [['slo', 'set', 'default', '1m', '99'], "target '99' is no share; write one between 0 and 1"],
    [['slo', 'set', 'default', '1m', '0.0'], 'target: 0 has to lie between 0 and 1'],
    [['slo', 'set', 'default', 'soon', '0.9'], "wait: 'soon' is not a duration"],
    [['slo', 'set', 'a b', '1m', '0.9'], "queue 'a b' is no name"],
  ])('is refused: %j', async (args, message) => {
    const { code, err } = await dq(await workbench(), args)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('dq scale', () => {
  it('says how many workers it would take, and why', async () => {
    const bench = await workbench()
    await bench.client.enqueue('a', 1)
    const { out } = await dq(bench, ['scale'])
    expect(out).toContain('default: no live worker serves the queue, and 1 task waits')
    expect(await scaleOf(bench)).toMatchObject({ suggested_workers: 1, eta_ms: null, slo: null })
    expect((await dq(bench, ['scale', 'nowhere'])).err).toContain("there is no queue 'nowhere'")
  })
})

describe('a daemon', () => {
  it('sets the objectives of its configuration, and exports what autoscalers and alerts need', async () => {
    const { url, namespace } = await sharedRedis()
    const cwd = mkdtempSync(join(tmpdir(), 'dq-scale-'))
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
    writeFileSync(
      join(cwd, 'dq.yaml'),
      'queues:\n  default:\n  mail: { slo: { wait: 30s, target: 0.99 }, rate: 50/s, concurrency: 3 }\n',
    )
    const daemon = await aDaemon({ redisUrl: url, namespace, cwd })
    const mail = { queue: 'mail', slo: { wait_ms: 30_000, target: 0.99, state: 'unknown' }, suggested_workers: 0 }
    expect((await daemon.call('GET', '/v1/scale')).json).toMatchObject({
      items: [{ queue: 'default', slo: null }, mail],
    })
    expect((await daemon.call('GET', '/v1/queues/mail/limits')).json).toMatchObject({
      items: [{ rate: { limit: 50, per_ms: 1_000, burst: 1 }, concurrency: { limit: 3 }, set_by: 'code' }],
    })
    expect((await daemon.call('GET', '/v1/scale?queue=mail')).json).toMatchObject({ items: [mail] })
    expect((await daemon.call('GET', '/v1/scale?queue=nowhere')).status).toBe(404)
    const set = await daemon.call('POST', '/v1/queues/default/slo', { body: { wait_ms: 5, target: 0.5 } })
    expect(set.json).toEqual({ queue: 'default', outcome: 'set' })
    const bad = await daemon.call('POST', '/v1/queues/default/slo', { body: { wait_ms: 5, target: 1 } })
    expect(bad).toMatchObject({ status: 422, json: { error: { message: 'target: has to lie between 0 and 1' } } })
    const page = await until(async () => {
      const { text } = await call(daemon.metrics, 'GET', '/metrics')
      return text.includes('distributedq_slo_target{name="default"} 0.5') && text
    })
    for (const line of [
      'distributedq_slo_target{name="mail"} 0.99',
      'distributedq_queue_suggested_workers{name="mail"} 0',
      'distributedq_queue_eta_seconds{name="mail"} 0',
      'distributedq_queue_workers{name="mail"} 1',
      'distributedq_queue_arrival_rate{name="mail"} 0',
    ])
      expect(page).toContain(`\n${line}\n`)
    expect((await daemon.call('DELETE', '/v1/queues/default/slo')).json).toEqual({
      queue: 'default',
      outcome: 'cleared',
    })
  })
})
