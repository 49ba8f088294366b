import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_ROLES, type ApiRole, includesRole } from '../../src/core/api-keys.ts'
import { Client } from '../../src/core/index.ts'
import { globalKeys } from '../../src/core/keys.ts'
import type { Route } from '../../src/daemon/api/route.ts'
import { ROUTES } from '../../src/daemon/api/routes.ts'
import { callOf } from '../helpers/api-calls.ts'
import { aDaemon, type Reply, type RunningDaemon, startDaemon } from '../helpers/daemon.ts'
import { connect, sharedRedis } from '../helpers/redis.ts'
import { storedState } from '../helpers/stored-state.ts'
import { until } from '../helpers/until.ts'

/** The queue of the keys, and one that they are not for. */
const OWN = 'default'
const FOREIGN = 'mails'
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH'] as const
const GUARDED = ROUTES.filter(({ needs }) => needs !== 'nothing')

let daemon: RunningDaemon
let client: Client
let place: Awaited<ReturnType<typeof sharedRedis>>
const keys = new Map<string, string>()

const send = (route: Route, queue: string, key: string | undefined): Promise<Reply> => {
  const { method, path, body } = callOf(route, queue)
  return daemon.call(method, path, { body, headers: key === undefined ? {} : { 'x-api-key': key } })
}

/** Whether a key for OWN may make this call: it names no queue at all, or its own. */
const isOwn = (route: Route, queue: string): boolean =>
  queue === OWN || JSON.stringify(callOf(route, OWN)) === JSON.stringify(callOf(route, FOREIGN))

beforeAll(async () => {
  place = await sharedRedis()
  const { url, namespace } = place
  client = new Client({ redisUrl: url, namespace })
  for (const role of API_ROLES) {
    keys.set(role, (await client.operator.keys.add({ role, name: role })).key)
    keys.set(`${role} of ${OWN}`, (await client.operator.keys.add({ role, name: role, queues: [OWN] })).key)
  }
  for (const queue of [OWN, FOREIGN]) {
    for (const id of ['mail-2', 'mail-3']) await client.enqueue('mail', 1, { queue, id, delay: '1h' })
    await client.operator.saveSchedule({ name: `of-${queue}`, spec: '@every 1h', type: 'report', queue })
  }
  daemon = await startDaemon({ redisUrl: url, namespace, args: ['--roles', 'api'] })
})

afterAll(async () => {
  await daemon.stop()
  await client.close()
})

async function everything(): Promise<unknown> {
  const redis = connect(place.server)
  try {
    const { queues, schedules, apiKeys, audit, quiet } = globalKeys(place.namespace)
    return {
      queues: (await redis.smembers(queues)).toSorted(),
      schedules: await redis.hgetall(schedules),
      keys: await redis.hgetall(apiKeys),
      audit: await redis.xlen(audit),
      quiet: await redis.smembers(quiet),
      own: await storedState(redis, place.namespace, OWN),
      foreign: await storedState(redis, place.namespace, FOREIGN),
    }
  } finally {
    redis.disconnect()
  }
}

describe('every route', () => {
  it('answers 401 without a key and with a wrong one, whatever the method', async () => {
    for (const path of new Set(GUARDED.map((route) => callOf(route, OWN).path)))
      for (const method of METHODS)
        for (const headers of [{}, { 'x-api-key': 'dq_viewer_0123456789abcdef' }])
          expect([method, path, (await daemon.call(method, path, { headers })).status]).toEqual([method, path, 401])
  })

  it('changes nothing for a viewer', async () => {
    const before = await everything()
    for (const key of [keys.get('viewer')!, keys.get(`viewer of ${OWN}`)!])
      for (const route of GUARDED) for (const queue of [OWN, FOREIGN]) await send(route, queue, key)
    expect(await everything()).toEqual(before)
  })

  it('changes nothing in a queue that a key is not for', async () => {
    const before = ((await everything()) as { foreign: unknown }).foreign
    for (const route of GUARDED) await send(route, FOREIGN, keys.get(`admin of ${OWN}`))
    expect(((await everything()) as { foreign: unknown }).foreign).toEqual(before)
  })

  it.each(
    API_ROLES.flatMap((role): [ApiRole, boolean][] => [
      [role, true],
      [role, false],
    ]),
  )('lets a %s do what its role allows, and only for its queues: %s', async (role, isBound) => {
    const key = keys.get(isBound ? `${role} of ${OWN}` : role)
    const wrong: string[] = []
    for (const route of GUARDED)
      for (const queue of [OWN, FOREIGN]) {
        const { status, text } = await send(route, queue, key)
        const isAllowed = includesRole(role, route.needs as ApiRole) && (!isBound || isOwn(route, queue))
        const isRefused = status === 403 && text.includes('"forbidden"')
        if (isAllowed ? [401, 403].includes(status) : !isRefused)
          wrong.push(`${route.method} ${route.path} ${queue}: ${status} ${text}`)
      }
    expect(wrong).toEqual([])
  })
})

describe('a key for one queue', () => {
  const get = async (path: string, key = keys.get(`admin of ${OWN}`)!): Promise<Reply> =>
    daemon.call('GET', path, { headers: { authorization: `Bearer ${key}` } })

  it('sees nothing of the others in lists', async () => {
    const foreign = new RegExp(FOREIGN)
    for (const route of GUARDED.filter(({ method, path }) => method === 'GET' && path !== '/openapi.json')) {
      const { path } = callOf(route, OWN)
      for (const asked of new Set([path, path.replace(/\?.*/, '')]))
        expect((await get(asked)).text).not.toMatch(foreign)
    }
    expect((await get('/v1/schedules')).text).toContain(`of-${OWN}`)
    expect((await get('/v1/schedules', keys.get('viewer'))).text).toContain(`of-${FOREIGN}`)
  })

  it('sees nothing of relatives and workers in other queues', async () => {
    await client.enqueue('mail', 1, { queue: OWN, id: 'ours', delay: '1h' })
    await client.enqueue('mail', 1, { queue: FOREIGN, id: 'child', dependsOn: [{ id: 'ours', queue: OWN }] })
    await aDaemon({ redisUrl: place.url, namespace: place.namespace, args: ['--roles', 'worker', '--queues', FOREIGN] })
    for (const path of ['/v1/tasks/ours', '/v1/workers']) {
      expect((await get(path)).text).not.toContain(FOREIGN)
      expect((await get(path, keys.get('viewer'))).text).toContain(FOREIGN)
    }
  })

  it('cannot tell a task or schedule of another queue from one that is not there', async () => {
    await client.enqueue('mail', 1, { queue: FOREIGN, id: 'theirs', delay: '1h' })
    for (const path of ['/v1/tasks/theirs', '/tasks/theirs', '/result?id=theirs', '/v1/tasks/theirs/explain'])
      expect((await get(path)).status).toBe(404)
    const [there, absent] = [await get(`/v1/schedules/of-${FOREIGN}`), await get('/v1/schedules/of-nobody')]
    expect(there.status).toBe(404)
    expect(there.text.replace(FOREIGN, 'nobody')).toBe(absent.text)
    const [queue, nowhere] = [await get(`/v1/queues/${FOREIGN}`), await get('/v1/queues/nowhere')]
    expect(queue.text.replace(FOREIGN, 'nowhere')).toBe(nowhere.text)
  })

  it('cannot reach another one through a name or a parent', async () => {
    const headers = { 'x-api-key': keys.get(`admin of ${OWN}`)! }
    const theirs = { spec: '@every 2h', type: 'x', queue: OWN }
    const refused = [
      await daemon.call('PUT', `/v1/schedules/of-${FOREIGN}`, { headers, body: theirs }),
      await daemon.call('POST', '/v1/tasks', {
        headers,
        body: { type: 'x', queue: OWN, depends_on: [{ id: 'mail-2', queue: FOREIGN }] },
      }),
      await daemon.call('POST', '/v1/tasks/batch', { headers, body: [{ type: 'x' }, { type: 'x', queue: FOREIGN }] }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
    const hidden = await Promise.all(
      ['trigger', 'disable'].map((verb) => daemon.call('POST', `/v1/schedules/of-${FOREIGN}/${verb}`, { headers })),
    )
    expect(hidden.map(({ status }) => status)).toEqual([404, 404])
    expect((await daemon.call('DELETE', `/v1/schedules/of-${FOREIGN}`, { headers })).status).toBe(404)
    expect(await client.inspector.schedule(`of-${FOREIGN}`)).toMatchObject({ spec: '@every 1h', queue: FOREIGN })
  })
})

describe('a task that names no queue', () => {
  it('goes where its type says, if the key is for that queue', async () => {
    const redis = connect(place.server)
    const { types } = globalKeys(place.namespace)
    await redis.hset(types, 'routed', JSON.stringify({ queue: FOREIGN }))
    redis.disconnect()
    const { key: theirs } = await client.operator.keys.add({ role: 'admin', name: 'x', queues: [FOREIGN] })
    const statuses = (key: string, calls: readonly [path: string, body: object][]): Promise<number[]> =>
      Promise.all(
        calls.map(
          async ([path, body]) => (await daemon.call('POST', path, { body, headers: { 'x-api-key': key } })).status,
        ),
      )
    await until(async () => (await statuses(theirs, [['/v1/dlq/undo', { queue: FOREIGN }]]))[0] === 200)
    const calls: [string, object][] = [
      ['/v1/tasks', { type: 'routed' }],
      ['/tasks', [{ type: 'routed' }]],
      ['/v1/flows', { nodes: [{ key: 'a', task: { type: 'routed' } }] }],
      ['/v1/tasks', { type: 'plain' }],
      ['/enqueue', { type: 'plain' }],
      ['/schedule', { spec: '@every 3h', type: 'routed' }],
    ]
    expect(await statuses(keys.get(`admin of ${OWN}`)!, calls)).toEqual([403, 403, 403, 201, 200, 200])
    expect(await statuses(theirs, calls)).toEqual([201, 200, 201, 403, 403, 403])
  })
})

it('leaves every id in exactly one place', async () => {
  for (const queue of await client.inspector.queueNames())
    expect(await client.inspector.verifyDeep(queue)).toMatchObject({ ok: true, problems: [] })
})
