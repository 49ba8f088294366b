import { expect } from 'vitest'
import { join } from 'node:path'
import type { AccessRole } from '../../src/core/access.ts'
import { type Standing, standingOf } from '../../src/core/access-check.ts'
import { openRedis } from '../../src/core/redis.ts'
import { ROUTES } from '../../src/daemon/api/routes.ts'
import { clientOf, dqAs, type GuardedRedis, NAMESPACE, passwordOf } from './access.ts'
import { callOf } from './api-calls.ts'
import { aDaemon } from './daemon.ts'
import { ROOT, spawnNode } from './process.ts'
import { until } from './until.ts'

const TOP = join(ROOT, 'src', 'tui', 'main.ts')
/** Nothing of the one who runs the tests. */
const PLAIN = { HOME: '/nonexistent', XDG_CONFIG_HOME: undefined, DQ_NAMESPACE: undefined }
const HANDLERS = join(ROOT, 'test', 'fixtures', 'access-handlers.ts')

/** What `dq doctor` asks of the rights. */
async function standing(guarded: GuardedRedis, role: AccessRole): Promise<Standing> {
  const redis = openRedis({ url: guarded.urlOf(role) })
  try {
    await redis.ready()
    return await standingOf(redis, { namespace: NAMESPACE, queue: 'mail' })
  } finally {
    await redis.close()
  }
}

/** All that `Client` does for a producer. */
export async function enqueueAll(redis: GuardedRedis): Promise<void> {
  const client = clientOf(redis, 'producer')
  const mail = { queue: 'mail' }
  const ids = ['pending-1', 'scheduled-1', 'blocked-1', 'cancelled-1', 'completed-1', 'dead-1', 'retrying-1', 'held-1']
  for (const id of ids) expect((await client.getTask(id))?.state).toBe(id.replace(/-1$/, '').replace('held', 'active'))
  await client.waitFor('completed-1')
  await client.enqueue('ok', {}, { ...mail, id: 'a', idempotencyKey: 'k' })
  await client.enqueue('ok', {}, { ...mail, idempotencyKey: 'k' })
  for (const delay of [undefined, '1h'])
    for (const mode of ['drop', 'replace', 'replace'] as const)
      await client.enqueue('ok', { mode }, { ...mail, delay, unique: { for: '10m', mode, by: { key: String(delay) } } })
  for (let i = 0; i < 3; i++)
    await client
      .enqueue('bounded', { i }, mail)
      .catch(({ code }: { code: string }) => expect(code).toBe('rate_limited'))
  await client.enqueue('ok', {}, { ...mail, durability: 'replica' })
  await client.enqueueMany([
    { ...mail, type: 'ok', payload: 1, delay: '1h' },
    { ...mail, type: 'ok', payload: 2, dependsOn: ['completed-1', 'dead-2'] },
    {
      type: 'ok',
      payload: 3,
      queue: 'new',
      dependsOn: [
        { id: 'held-1', queue: 'mail' },
        { id: 'completed-1', queue: 'mail' },
      ],
    },
  ])
  await client.enqueueBatch(
    [
      { ...mail, type: 'ok', payload: 1 },
      { type: 'ok', payload: 2, queue: 'new' },
    ],
    { callback: { task: 'ok', payload: {}, options: mail } },
  )
  await client.cancel('pending-1')
  await client.cancel('scheduled-1')
  await client.cancel('retrying-1')
  await client.cancel('blocked-1')
  await client.cancel('held-1')
  await client.cancel('a')
  await client.cancel('limited-1')
  await client.cancel('limited-2')
  expect(await standing(redis, 'producer')).toEqual({ user: 'user dq-producer', roles: ['producer'], missing: [] })
}

const STATES = ['pending', 'scheduled', 'blocked', 'limited', 'active', 'retrying', 'completed', 'dead', 'cancelled']

/** All that shows something. */
export async function lookAtAll(redis: GuardedRedis, role: AccessRole): Promise<void> {
  const as = (args: string[], codes?: number[]): Promise<string> => dqAs(redis, role, args, codes)
  for (const args of [
    'stats',
    'queues',
    'scale',
    'slo list',
    'leases',
    'workers',
    'dlq list',
    'dlq groups',
    'operation list',
    'schedule list',
    'schedule show hourly',
    'limit list',
    'verify --queue mail',
    'verify --deep --queue mail',
    'dlq purge --all --dry-run',
  ])
    await as(args.split(' '))
  await as(['doctor'], [2])
  for (const state of STATES) {
    const { next_cursor: cursor } = JSON.parse(
      await as(['list', '--queue', 'mail', '--state', state, '--limit', '1', '--json']),
    ) as { next_cursor?: string }
    if (cursor) await as(['list', '--queue', 'mail', '--state', state, '--limit', '1', '--cursor', cursor])
  }
  for (const state of STATES.filter((one) => one !== 'active')) {
    await as(['get', `${state}-1`])
    await as(['explain', `${state}-1`], [0, 1])
  }
  for (const id of ['held-1', 'pending-4']) await as(['explain', id])
  await as(['explain', 'image-1'])
  const env = { ...PLAIN, REDIS_USERNAME: `dq-${role}`, REDIS_PASSWORD: passwordOf(role) }
  const top = spawnNode(TOP, { args: ['--once', '--read-only', '--redis-url', redis.server.url], env })
  expect(await top.exit).toEqual({ code: 1, signal: null }) // there are findings
  const { inspector } = clientOf(redis, role)
  await inspector.series('mail')
  await inspector.audit()
  await inspector.relations({ queue: 'mail', id: 'held-1' })
  await inspector.limits('mail')
}

/** All that `dq` and `dq-top` change. */
export async function changeAll(redis: GuardedRedis): Promise<void> {
  const as = (...args: string[]): Promise<string> => dqAs(redis, 'operator', args)
  await as('enqueue', 'ok', '{}', '--queue', 'mail', '--id', 'by-hand', '--key', 'k')
  await as('enqueue', 'ok', '{}', '--queue', 'new', '--durability', 'replica')
  await as('enqueue', 'ok', '{}', '--queue', 'new', '--depends-on', 'mail/by-hand')
  await as('run', 'scheduled-1')
  await as('cancel', 'scheduled-2', 'pending-2', 'held-2')
  await as('dlq', 'replay', 'dead-1')
  await as('dlq', 'replay', 'dead-2', '--payload', '{"n":2}')
  const purged = JSON.parse(await as('dlq', 'purge', 'dead-3', '--yes', '--json')) as { operation: string }
  await as('dlq', 'undo', '--queue', 'mail', '--operation', purged.operation)
  await as('operation', 'begin', 'replay', '--queue', 'mail', '--follow')
  for (const verb of ['pause', 'resume']) await as(verb, 'mail')
  await as('slo', 'set', 'mail', '10s', '0.9')
  await as('slo', 'clear', 'mail')
  await as('limit', 'set', 'mail', '--rate', '5/s')
  await as('limit', 'clear', 'mail')
  await as('schedule', 'add', '@every 1h', 'ok', '{}', '--name', 'hourly', '--queue', 'new')
  for (const verb of ['trigger', 'disable', 'enable', 'rm']) await as('schedule', verb, 'hourly')
  const { id } = JSON.parse(await as('keys', 'add', 'somebody', '--role', 'viewer', '--json')) as { id: string }
  await as('keys', 'list')
  await as('keys', 'revoke', id)
  await as('verify', '--repair')
  const { operator } = clientOf(redis, 'operator')
  await operator.quiet('nobody', true)
  await operator.quiet('nobody', false)
}

/** All that a daemon does: for handlers, by itself, and for who asks over HTTP. */
export async function workOnAll(redis: GuardedRedis): Promise<void> {
  const env = { REDIS_USERNAME: 'dq-worker', REDIS_PASSWORD: passwordOf('worker') }
  const times = [
    '--lease-ttl',
    '1s',
    '--reaper-interval',
    '200ms',
    '--handlers',
    HANDLERS,
    '--queues',
    'mail,image,default,broken',
    '--concurrency',
    '50',
    '--result-max',
    '3',
  ]
  const daemon = await aDaemon({ redisUrl: redis.server.url, env, args: times })
  const post = (path: string, body: unknown) => daemon.call('POST', path, { body })
  for (const route of ROUTES) {
    const { method, path, body } = callOf(route, 'mail')
    await daemon.call(method, path, { body })
  }
  for (const [i, type] of [
    'ok',
    'child',
    'parent',
    'limited',
    'limited',
    'limited',
    'die',
    'again',
    'endless',
  ].entries())
    await post('/v1/tasks', { type, payload: {}, id: `work-${i}` })
  const looker = redis.admin.duplicate()
  // So many at once that a claim has to weigh them, unless something else took the slots just then.
  await until(
    async () => {
      await post('/v1/queues/mail/pause', {})
      for (let i = 0; i < 8; i++) await post('/v1/tasks', { type: 'ok', payload: 'x'.repeat(200_000) })
      await post('/v1/queues/mail/resume', {})
      return (await looker.info('commandstats')).includes('cmdstat_hstrlen')
    },
    { everyMs: 200, timeoutMs: 60_000, what: 'a claim of large tasks' },
  )
  looker.disconnect()
  await post('/v1/tasks', { type: 'ok', payload: {}, durability: 'replica' })
  for (const id of ['blocked-1', 'twice']) await daemon.call('GET', `/v1/tasks/${id}/explain`)
  for (const state of ['scheduled', 'completed']) {
    const page = `/v1/tasks?queue=mail&state=${state}&limit=1`
    const { next_cursor: cursor } = (await daemon.call('GET', page)).json as { next_cursor: string }
    await daemon.call('GET', `${page}&cursor=${encodeURIComponent(cursor)}`)
  }
  await post('/v1/tasks', { type: 'snoozes', payload: { untilMs: Date.now() + 200 } })
  await post('/v1/tasks', { type: 'asks', payload: {}, id: 'asks', depends_on: ['work-0'] })
  const state = async (id: string): Promise<string | undefined> =>
    ((await daemon.call('GET', `/v1/tasks/${id}`)).json as { state?: string }).state
  // Records of what is completed are few here, and soon gone.
  for (const id of ['work-1', 'asks'])
    await until(async () => ['completed', undefined].includes(await state(id)), { what: `${id} to be over` })
  await until(async () => (await state('work-8')) === 'active')
  await daemon.call('DELETE', '/v1/tasks/work-8')
  await until(async () => (await state('work-8')) === 'cancelled')
  await daemon.process.waitForLine(/"reaper.repaired"/)
  await daemon.call('GET', `${daemon.metrics}/metrics`)
  expect(await daemon.stop()).toEqual({ code: 0, signal: null })
  await dqAs(redis, 'worker', ['doctor'], [0, 1])
}
