import { expect, it } from 'vitest'
import { aDaemon, call, idOf, type RunningDaemon } from '../helpers/daemon.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

/** The value of one series; undefined when the page does not have it. */
function valueOf(page: string, series: string): number | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

const scrape = async ({ metrics }: RunningDaemon): Promise<string> => (await call(metrics, 'GET', '/metrics')).text

async function enqueue(daemon: RunningDaemon, task: object): Promise<string> {
  return idOf(await daemon.call('POST', '/v1/tasks', { body: { payload: {}, ...task } }))
}

it('counts what this daemon did, and shows the depth of every queue', async () => {
  const { url, namespace } = await sharedRedis()
  const daemon = await aDaemon({ redisUrl: url, namespace, args: ['--queues', 'default,mail'] })
  await enqueue(daemon, { type: 'echo' })
  await enqueue(daemon, { type: 'echo', queue: 'mail' })
  await enqueue(daemon, { type: 'fail' })
  await enqueue(daemon, { type: 'echo', delay_ms: 60_000 })
  await enqueue(daemon, { type: 'slow', payload: { ms: 60_000 } })
  await enqueue(daemon, { type: 'echo', queue: 'aside', priority: 'low' })
  const page = await until(
    async () => {
      const text = await scrape(daemon)
      const success = valueOf(text, 'distributedq_processed_total{status="success",type="echo"}')
      const dead = valueOf(text, 'distributedq_queue_depth{queue="dead_letter_queue",name="default"}')
      return success === 2 && dead === 1 && valueOf(text, 'distributedq_worker_busy') === 1 && text
    },
    { what: 'the metrics to show all of it' },
  )
  const expected: Record<string, number> = {
    'distributedq_processed_total{status="failed",type="fail"}': 1,
    'distributedq_task_duration_seconds_count{type="echo"}': 2,
    'distributedq_task_wait_seconds_count{type="echo"}': 2,
    'distributedq_enqueued_total{type="echo"}': 4,
    'distributedq_queue_depth{queue="main_queue",name="aside",priority="low"}': 1,
    'distributedq_queue_depth{queue="main_queue",name="aside",priority="high"}': 0,
    'distributedq_queue_depth{queue="processing_queue",name="default"}': 1,
    'distributedq_queue_depth{queue="delayed_queue",name="default"}': 1,
    distributedq_worker_slots: 10,
    distributedq_redis_up: 1,
  }
  expect(Object.fromEntries(Object.keys(expected).map((series) => [series, valueOf(page, series)]))).toEqual(expected)
  expect(valueOf(page, 'distributedq_queue_oldest_seconds{name="aside"}')).toBeGreaterThan(0)
  expect(valueOf(page, 'distributedq_event_loop_lag_seconds')).toBeGreaterThanOrEqual(0)
  expect(page).toMatch(/^distributedq_build_info\{version="\d+\.\d+\.\d+",node="v\d+/m)
  expect(page).toMatch(/^distributedq_task_duration_seconds_bucket\{le="0\.1",type="echo"\} \d+$/m)
})

it('counts retries', async () => {
  const { url, namespace } = await sharedRedis()
  const daemon = await aDaemon({ redisUrl: url, namespace, env: { WORKER_SLEEP_MS: '0', WORKER_FAILURE_PCT: '100' } })
  await enqueue(daemon, { type: 'demo.email', max_retries: 1 })
  const page = await until(async () => {
    const text = await scrape(daemon)
    return valueOf(text, 'distributedq_processed_total{status="failed",type="demo.email"}') === 1 && text
  })
  expect(valueOf(page, 'distributedq_processed_total{status="retry",type="demo.email"}')).toBe(1)
  expect(valueOf(page, 'distributedq_retries_total{type="demo.email"}')).toBe(1)
})

it('bounds the types it has labels for', async () => {
  const { url, namespace } = await sharedRedis()
  const daemon = await aDaemon({ redisUrl: url, namespace, args: ['--roles', 'api,metrics'] })
  const body = Array.from({ length: 230 }, (_, i) => ({ type: `type${i}`, payload: 0 }))
  await daemon.call('POST', '/v1/tasks/batch', { body })
  const page = await until(async () => {
    const text = await scrape(daemon)
    return valueOf(text, 'distributedq_enqueued_total{type="other"}') === 30 && text
  })
  expect(page.match(/^distributedq_enqueued_total\{/gm)).toHaveLength(201)
})

it('has the depth of queues from one daemon only, and from another when that one ends', async () => {
  const { url, namespace } = await sharedRedis()
  const args = ['--roles', 'metrics']
  const daemons = [await aDaemon({ redisUrl: url, namespace, args }), await aDaemon({ redisUrl: url, namespace, args })]
  const exportersAmong = async (some: RunningDaemon[]): Promise<RunningDaemon[]> => {
    const pages = await Promise.all(some.map(scrape))
    return some.filter((_, i) => pages[i]!.includes('distributedq_queue_depth{'))
  }
  const [leader] = await until(async () => {
    const found = await exportersAmong(daemons)
    return found.length === 1 && found
  })
  const other = daemons.find((daemon) => daemon !== leader)!
  await leader!.stop()
  await until(async () => (await exportersAmong([other])).length > 0, { timeoutMs: 20_000 })
  expect(await exportersAmong([other])).toEqual([other])
})

it('answers only what it is for', async () => {
  const { url, namespace } = await sharedRedis()
  const { metrics } = await aDaemon({
    redisUrl: url,
    namespace,
    args: ['--roles', 'metrics', '--allowed-hosts', 'dq.internal'],
  })
  const status = async (method: string, path: string, host: string): Promise<number> =>
    (await call(metrics, method, path, { headers: { host } })).status
  expect(await status('GET', '/metrics', 'localhost')).toBe(200)
  expect(await status('GET', '/metrics', '10.0.0.7:8080')).toBe(200)
  expect(await status('GET', '/metrics', 'DQ.internal:8080')).toBe(200)
  expect(await status('GET', '/metrics', 'evil.example')).toBe(403)
  expect(await status('POST', '/metrics', 'localhost')).toBe(405)
  expect(await status('GET', '/', 'localhost')).toBe(404)
})
