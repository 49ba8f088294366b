import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { globalKeys } from '../../src/core/keys.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { aDaemon, call, runToEnd, sharedDaemon } from '../helpers/daemon.ts'
import { connect, sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

interface Made {
  readonly id: string
  readonly key: string
}

const sha = (key: string): string => createHash('sha256').update(key).digest('hex')
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

async function aPlace() {
  const place = await sharedRedis()
  const redis = connect(place.server)
  const client = new Client({ redisUrl: place.url, namespace: place.namespace })
  onTestFinished(async () => {
    redis.disconnect()
    await client.close()
  })
  const daemon = () => aDaemon({ redisUrl: place.url, namespace: place.namespace, args: ['--roles', 'api'] })
  return { place, redis, client, daemon }
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('dq keys', () => {
  it('makes a key that is shown once, and of which only a digest is kept', async () => {
    const { place, redis } = await aPlace()
    const made = await dq(place, ['keys', 'add', 'the ci', '--role', 'producer', '--queues', 'mail,reports'])
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^dq_[a-z0-9]{8}_[\w-]{43}$/) })
    expect(made.err).toMatch(/\(the ci\): producer, for mail, reports; keep it: it is not shown again$/)
    const id = made.out.split('_')[1]!
    const stored = await redis.hgetall(globalKeys(place.namespace).apiKeys)
    expect(Object.keys(stored)).toEqual([id])
    expect(JSON.parse(stored[id]!)).toEqual({
      sha: sha(made.out),
      role: 'producer',
      queues: ['mail', 'reports'],
      name: 'the ci',
      created_at: expect.stringMatching(/^20.*Z$/),
    })
    const listed = await dq(place, ['keys', 'list'])
    expect(listed.out).toMatch(new RegExp(`^ID +NAME +ROLE.*\\n${id} +the ci +producer +mail,reports`))
    expect(listed.out).not.toContain(sha(made.out))
    const everything = await Promise.all((await redis.keys(`${place.namespace}:*`)).map((key) => redis.dump(key)))
    expect(everything.join('')).not.toContain(made.out)
  })

  it('revokes for good, and leaves a line in the audit for each change', async () => {
    const { place, client } = await aPlace()
    const { id } = await dqJson<Made>(place, ['keys', 'add', 'a', '--role', 'viewer'])
    expect(await dqJson(place, ['keys', 'revoke', id])).toEqual({ id, outcome: 'revoked' })
    expect(await dqJson(place, ['keys', 'revoke', id])).toEqual({ id, outcome: 'unchanged' })
    expect(await dq(place, ['keys', 'revoke', 'nobody'])).toMatchObject({ code: 1, out: 'nobody unknown' })
    expect(await dqJson(place, ['keys', 'list'])).toMatchObject([{ id, role: 'viewer', queues: null, name: 'a' }])
    const by = expect.stringMatching(/^dq:/)
    expect(await client.inspector.audit()).toMatchObject([
      { queue: '_', action: 'key-revoke', by, detail: `${id} viewer` },
      { queue: '_', action: 'key-add', by, detail: `${id} viewer` },
    ])
  })

  it.each([
    [['add', 'a'], /--role viewer\|producer/],
    [['add', 'a', '--role', 'root'], /root/],
    [['add', 'a', '--role', 'admin', '--queues', 'a b'], /--queues/],
    [['add', 'x'.repeat(65), '--role', 'admin'], /name has to be/],
  ])('refuses %j', async (args, words) => {
    const { place, redis } = await aPlace()
    expect(await dq(place, ['keys', ...args])).toMatchObject({ code: 2, err: expect.stringMatching(words) })
    expect(await redis.exists(globalKeys(place.namespace).apiKeys)).toBe(0)
  })
})

describe('a change of the keys', () => {
  it('holds on every daemon within seconds, also on one that needed none', async () => {
    const { place, client, daemon } = await aPlace()
    const daemons = [await daemon(), await daemon()]
    const statuses = (key?: string): Promise<number[]> =>
      Promise.all(
        daemons.map(
          async ({ api }) => (await call(api, 'GET', '/v1/queues', key === undefined ? {} : bearer(key))).status,
        ),
      )
    expect(await statuses()).toEqual([200, 200])
    const { id, key } = await dqJson<Made>(place, ['keys', 'add', 'a', '--role', 'operator'])
    await until(async () => (await statuses()).every((status) => status === 401), { what: 'both to need a key' })
    expect(await statuses(key)).toEqual([200, 200])
    await client.enqueue('echo', 1)
    expect((await call(daemons[0]!.api, 'POST', '/v1/queues/default/pause', bearer(key))).status).toBe(200)
    const [entry] = await client.inspector.audit({ queues: ['default'], limit: 1 })
    expect(entry).toMatchObject({ action: 'pause', by: `api:${id}@127.0.0.1` })
    await dqJson(place, ['keys', 'revoke', id])
    await until(async () => (await statuses(key)).every((status) => status === 401), { what: 'the key to be refused' })
    expect(await statuses()).toEqual([401, 401])
  })

  it('never tells whether an id is known', async () => {
    const { place, daemon } = await aPlace()
    const { id } = await dqJson<Made>(place, ['keys', 'add', 'a', '--role', 'viewer'])
    const gone = await dqJson<Made>(place, ['keys', 'add', 'b', '--role', 'viewer'])
    await dqJson(place, ['keys', 'revoke', gone.id])
    const { api } = await daemon()
    const wrong = [`dq_${id}_${'x'.repeat(43)}`, `dq_nobody_${'x'.repeat(43)}`, gone.key, 'k3y']
    const replies = await Promise.all(wrong.map((key) => call(api, 'GET', '/v1/queues', bearer(key))))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(replies[0]).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
  })

  it('that nobody can read closes the API rather than opening it', async () => {
    const { place, redis, daemon } = await aPlace()
    await redis.hset(globalKeys(place.namespace).apiKeys, 'odd', 'not JSON')
    const { api } = await daemon()
    expect((await call(api, 'GET', '/v1/queues')).status).toBe(401)
    expect((await call(api, 'GET', '/livez')).status).toBe(200)
  })
})

describe('a file of keys', () => {
  it('is read again when it changes, and one that went wrong changes nothing', async () => {
    const { place } = await aPlace()
    const file = join(aFolder(), 'keys')
    const [first, second] = [`dq_first_${'a'.repeat(43)}`, `dq_second_${'b'.repeat(43)}`]
    writeFileSync(file, `first viewer ${sha(first)}\n`)
    const { api, process } = await aDaemon({
      redisUrl: place.url,
      namespace: place.namespace,
      args: ['--roles', 'api'],
      env: { DQ_API_KEYS_FILE: file, API_KEY: 'k3y' },
    })
    const status = async (key: string): Promise<number> => (await call(api, 'GET', '/v1/queues', bearer(key))).status
    expect([await status(first), await status(second), await status('k3y')]).toEqual([200, 401, 200])
    writeFileSync(file, `first nonsense\n`)
    await until(async () => (await status(first)) === 200 && process.stdout.some((line) => line.includes('"api.keys"')))
    writeFileSync(file, `second viewer ${sha(second)}\n`)
    await until(async () => (await status(second)) === 200 && (await status(first)) === 401)
  })

  it('that cannot be used keeps a daemon from starting', async () => {
    const file = join(aFolder(), 'keys')
    writeFileSync(file, 'first root 12\n')
    const { code, stderr } = await runToEnd(['--api-keys-file', file])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--api-keys-file: .*keys, line 1: the role/)])
    expect((await runToEnd([], { DQ_API_KEYS_FILE: `${file}-not` })).stderr).toMatch(/cannot be read/)
  })
})

describe('the header Idempotency-Key', () => {
  const { call: send } = sharedDaemon(['--roles', 'api'])
  const post = (key: string, body: object) =>
    send('POST', '/v1/tasks', { body: { type: 'echo', ...body }, headers: { 'idempotency-key': key } })

  it('makes the same call one task', async () => {
    const [one, same] = [await post('a', { payload: 1 }), await post('a', { payload: 1, idempotency_key: 'a' })]
    expect([one.status, same.status]).toEqual([201, 200])
    expect(same.json).toMatchObject({ id: (one.json as { id: string }).id })
    expect(await post('b', { payload: 1 })).toMatchObject({ status: 201 })
  })

  it('is refused when the body says something else', async () => {
    const refused = await post('c', { idempotency_key: 'd' })
    expect(refused).toMatchObject({ status: 422, json: { error: { details: ['idempotency_key'] } } })
    expect(await post('x'.repeat(513), {})).toMatchObject({
      status: 422,
      json: { error: { details: ['Idempotency-Key'] } },
    })
  })
})
