import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { FORMAT } from '../../src/core/format.ts'
import { Client } from '../../src/core/index.ts'
import { globalKeys, queueKeys } from '../../src/core/keys.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { VERSION } from '../../src/core/version.ts'
import { dq, dqProgram } from '../helpers/cli.ts'
import { aDaemon, runToEnd } from '../helpers/daemon.ts'
import { NEXT_FORMAT, NEXT_VERSION, nextVersion } from '../helpers/next-version.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { workbench } from '../helpers/workbench.ts'

/** A dozen programs are started, one after the other. */
const SLOW_MS = 120_000
const NOWHERE = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0']
const REFUSED = new RegExp(
  `is of format ${NEXT_FORMAT}, and DistributedQ ${VERSION} knows format ${FORMAT}; run the version of the other programs instead$`,
)

interface Place {
  readonly url: string
  readonly namespace: string
  readonly redis: RedisClient
}

async function aPlace(): Promise<Place> {
  const { url, namespace } = await sharedRedis()
  const redis = openRedis({ url })
  onTestFinished(() => redis.close())
  return { url, namespace, redis }
}

function aClient({ url, namespace }: Place): Client {
  const client = new Client({ redisUrl: url, namespace })
  onTestFinished(() => client.close())
  return client
}

const formatOf = async ({ redis, namespace }: Place, queue: string): Promise<unknown[]> =>
  redis.batch([
    ['GET', globalKeys(namespace).format],
    ['HGET', queueKeys(namespace, queue, '').meta, 'format'],
  ])

/** As `dq upgrade` of the next version does, whoever runs. */
const raise = async ({ redis, namespace }: Place, queue: string): Promise<unknown> =>
  redis.batch([
    ['SET', globalKeys(namespace).format, NEXT_FORMAT],
    ['HSET', queueKeys(namespace, queue, '').meta, 'format', NEXT_FORMAT],
  ])

const doctorRow = async (place: Place, root?: string): Promise<{ level: string; text: string; remedy?: string }> => {
  const { out } = await dqProgram(place, ['doctor', '--json'], root === undefined ? {} : { root })
  return (JSON.parse(out) as { rows: { what: string; level: string; text: string }[] }).rows.find(
    ({ what }) => what === 'format',
  )!
}

describe('a rolling upgrade to a version with a new format', () => {
  let next = ''
  beforeAll(() => {
    next = nextVersion(mkdtempSync(join(tmpdir(), 'dq-next-')))
  })
  afterAll(() => rmSync(next, { recursive: true }))

  it('writes the old one until it is raised, which then refuses the old version', { timeout: SLOW_MS }, async () => {
    const place = await aPlace()
    const old = await aDaemon({ redisUrl: place.url, namespace: place.namespace })
    const client = aClient(place)
    const tried = (id: string): Promise<boolean> =>
      until(async () => (await client.getTask(id))?.state === 'completed', { what: `${id} to be completed` })
    await tried((await client.enqueue('echo', {})).id)

    const { process: newer, id: newerId } = await aDaemon({
      redisUrl: place.url,
      namespace: place.namespace,
      root: next,
    })
    expect(await doctorRow(place, next)).toMatchObject({
      level: 'warn',
      text: `programs that know format ${NEXT_FORMAT}: 1, and that do not: 1`,
    })
    expect(await doctorRow(place)).toMatchObject({
      level: 'ok',
      text: `format ${FORMAT}; live programs, which all know it: 2`,
    })
    const refused = await dqProgram(place, ['upgrade', '--yes'], { root: next })
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`${old.id} on `)
    expect(refused.err).not.toContain(newerId)
    // Queues that the next version is the first to use are of the old format too.
    const far = await dqProgram(place, ['enqueue', 'echo', '{}', '--queue', 'far'], { root: next })
    expect(far.code).toBe(0)
    for (const queue of ['default', 'far']) expect(await formatOf(place, queue)).toEqual([`${FORMAT}`, `${FORMAT}`])

    await old.stop()
    expect(await doctorRow(place, next)).toMatchObject({
      level: 'warn',
      remedy: expect.stringMatching(/^run dq upgrade/) as string,
    })
    const planned = await dqProgram(place, ['upgrade', '--dry-run'], { root: next })
    expect(planned).toMatchObject({ code: 0, out: `format ${FORMAT} would be raised to ${NEXT_FORMAT}, in 2 queues` })
    const raised = await dqProgram(place, ['upgrade', '--yes'], { root: next })
    expect(raised).toMatchObject({ code: 0, out: `format ${FORMAT} was raised to ${NEXT_FORMAT}, in 2 queues` })
    for (const queue of ['default', 'far'])
      expect(await formatOf(place, queue)).toEqual([`${NEXT_FORMAT}`, `${NEXT_FORMAT}`])
    const again = await dqProgram(place, ['upgrade', '--yes'], { root: next })
    expect(again).toMatchObject({ code: 0, out: `format ${NEXT_FORMAT} already; there is nothing to do` })
    expect(await doctorRow(place, next)).toMatchObject({ level: 'ok' })
    const audit = await client.inspector.audit()
    expect(audit.filter(({ action }) => action === 'upgrade')).toMatchObject([
      { queue: '_', detail: `format ${FORMAT} to ${NEXT_FORMAT}` },
    ])

    const where = ['--redis-url', place.url, '--namespace', place.namespace]
    const late = await runToEnd([...NOWHERE, ...where])
    expect(late.code).toBe(2)
    expect(late.complaints).toEqual([expect.stringMatching(REFUSED)])
    expect(late.complaints[0]).toContain(`what is stored under ${place.namespace} `)
    const asked = await dq(place, ['stats'])
    expect(asked.code).toBe(2)
    expect(asked.err).toMatch(REFUSED)
    await expect(client.enqueue('echo', {})).rejects.toMatchObject({ code: 'format' })
    await expect(aClient(place).enqueue('echo', {})).rejects.toMatchObject({ code: 'format' })

    // The one that stayed works on, on what both have left.
    const last = await dqProgram(place, ['enqueue', 'echo', '{}', '--id', 'last'], { root: next })
    expect(last.code).toBe(0)
    await tried('last')
    newer.kill('SIGTERM')
    expect(await newer.exit).toMatchObject({ code: 0 })
    expect((await dqProgram(place, ['verify', '--deep'], { root: next })).code).toBe(0)
  })

  it('needs a version between, where a format is two newer', async () => {
    const place = await aPlace()
    await place.redis.call('SET', globalKeys(place.namespace).format, 0)
    const { code, err } = await dq(place, ['stats'])
    expect(code).toBe(2)
    expect(err).toMatch(/is of format 0, and .* knows format 1; run the version before it, and dq upgrade, first$/)
  })

  it('takes what an earlier release wrote, without a number, for the first format', async () => {
    const place = await aPlace()
    await dqProgram(place, ['enqueue', 'echo', '{}'])
    const { format } = globalKeys(place.namespace)
    await place.redis.batch([
      ['DEL', format],
      ['HDEL', queueKeys(place.namespace, 'default', '').meta, 'format'],
    ])
    const planned = await dqProgram(place, ['upgrade', '--dry-run'], { root: next })
    expect(planned.out).toBe(`format 1 would be raised to ${NEXT_FORMAT}, in 1 queue`)
    const client = aClient(place)
    const daemon = await aDaemon({ redisUrl: place.url, namespace: place.namespace })
    const { process: newer } = await aDaemon({ redisUrl: place.url, namespace: place.namespace, root: next })
    const { id } = await client.enqueue('echo', {})
    await until(async () => (await client.getTask(id))?.state === 'completed', { what: 'a task to be completed' })
    expect(await formatOf(place, 'default')).toEqual(['1', '1'])
    await daemon.stop()
    newer.kill('SIGTERM')
    expect(await newer.exit).toMatchObject({ code: 0 })
  })

  it('begins with its own format where nothing is stored', async () => {
    const place = await aPlace()
    await dqProgram(place, ['enqueue', 'echo', '{}'], { root: next })
    expect(await formatOf(place, 'default')).toEqual([`${NEXT_FORMAT}`, `${NEXT_FORMAT}`])
    const { code, err } = await dq(place, ['enqueue', 'echo', '{}'])
    expect(code).toBe(2)
    expect(err).toMatch(REFUSED)
  })

  it('shows in the list of workers which version and format each is of', async () => {
    const place = await aPlace()
    await aDaemon({ redisUrl: place.url, namespace: place.namespace })
    await aDaemon({ redisUrl: place.url, namespace: place.namespace, root: next })
    const workers = await aClient(place).inspector.workers()
    expect(new Map(workers.map(({ version, format }) => [version, format]))).toEqual(
      new Map([
        [VERSION, FORMAT],
        [NEXT_VERSION, NEXT_FORMAT],
      ]),
    )
  })
})

describe('where the format is raised while an old program runs', () => {
  it('a daemon claims nothing more, lets its task end, says why, and ends with 2', async () => {
    const place = await aPlace()
    const args = ['--lease-ttl', '3s', '--concurrency', '1']
    const daemon = await aDaemon({ redisUrl: place.url, namespace: place.namespace, args })
    const client = aClient(place)
    const { id } = await client.enqueue('slow', { ms: 4_000 })
    const { id: next } = await client.enqueue('echo', {})
    await until(async () => (await client.getTask(id))?.state === 'active', { what: 'a task to run' })
    await raise(place, 'default')
    expect(await daemon.process.exit).toMatchObject({ code: 2 })
    const errors = daemon.process.stdout.filter((line) => line.includes('"daemon.failed"'))
    expect(errors).toHaveLength(1)
    expect((JSON.parse(errors[0]!) as { msg: string }).msg).toMatch(REFUSED)
    expect((await client.getTask(id))?.state).toBe('completed')
    expect((await client.getTask(next))?.state).toBe('pending')
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true })
  })

  it('a worker in a program becomes quiet for good, tells its program, and stays in the list', async () => {
    const bench = await workbench()
    const { client, work, redis, namespace, url, untilSeen } = bench
    const worker = await work({ a: () => 1 }, { upkeep: true, leaseMs: 1_000 })
    await raise({ redis, namespace, url }, 'default')
    const told = await until(() => bench.seen('worker.error').find(({ doing }) => doing === 'going on'), {
      what: 'the worker to say so',
    })
    expect(told.error).toMatchObject({ code: 'format', message: expect.stringMatching(REFUSED) as string })
    expect(worker.isQuiet).toBe(true)
    expect(await untilSeen('worker.started')).toHaveLength(1)
    await until(async () => (await client.inspector.workers())[0]?.quiet, { what: 'it to be listed as quiet' })
    await expect(work({ a: () => 1 })).rejects.toMatchObject({ code: 'format' })
  })
})
