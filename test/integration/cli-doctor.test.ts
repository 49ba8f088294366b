import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import type { Check, Patient, Row } from '../../src/core/doctor/check.ts'
import { disk } from '../../src/core/doctor/disk.ts'
import { CHECKS } from '../../src/core/doctor/examine.ts'
import { knownBad } from '../../src/core/doctor/known-bad.ts'
import { memory } from '../../src/core/doctor/memory.ts'
import { mode } from '../../src/core/doctor/mode.ts'
import { permissions } from '../../src/core/doctor/permissions.ts'
import { version } from '../../src/core/doctor/version.ts'
import { workers } from '../../src/core/doctor/workers.ts'
import { Inspector } from '../../src/core/inspector.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { aDaemon } from '../helpers/daemon.ts'
import { dq } from '../helpers/cli.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

interface Told {
  readonly code: number | null
  readonly level: string
  readonly rows: readonly Row[]
}

async function doctor({ url }: { url: string }, env: Record<string, string> = {}): Promise<Told> {
  const { code, out, err } = await dq({ url, namespace: 'dq' }, ['doctor', '--json'], { env })
  expect(err).toBe('')
  return { code, ...(JSON.parse(out) as Omit<Told, 'code'>) }
}

const notWell = ({ rows }: Told): string[] => rows.filter(({ level }) => level !== 'ok').map(({ what }) => what)

async function aServer(...args: string[]): Promise<RedisServer & { redis: ReturnType<typeof connect> }> {
  const server = await startRedis({ args })
  onTestFinished(() => server.stop())
  const redis = connect(server)
  onTestFinished(() => redis.disconnect())
  return Object.assign(server, { redis })
}

describe('dq doctor', () => {
  it('finds nothing where all is well', async () => {
    const server = await aServer('--appendonly', 'yes')
    await aDaemon({ redisUrl: server.url })
    const told = await doctor(server)
    expect(told).toMatchObject({ code: 0, level: 'ok' })
    expect(new Set(told.rows.map(({ what }) => what))).toEqual(new Set(['reach', ...CHECKS.map(({ what }) => what)]))
    const { out } = await dq({ url: server.url, namespace: 'dq' }, ['doctor'])
    expect(out.split('\n').every((line) => line.startsWith('ok  '))).toBe(true)
  })
  it('tells of a Redis that loses tasks, and of nobody who runs them', async () => {
    const server = await aServer()
    await server.redis.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const used = Number(/^used_memory:(\d+)/m.exec(await server.redis.info())?.[1])
    await server.redis.call('CONFIG', 'SET', 'maxmemory', Math.round(used * 1.02))
    const told = await doctor(server)
    expect(told).toMatchObject({ code: 2, level: 'fail' })
    expect(notWell(told)).toEqual(['eviction', 'persistence', 'memory', 'workers'])
    for (const { remedy } of told.rows.filter(({ level }) => level !== 'ok')) expect(remedy).toMatch(/\w/)
    expect(await server.redis.dbsize()).toBe(0)
  })

  it('has exit code 1 where something is only worth a look', async () => {
    const told = await doctor(await aServer('--appendonly', 'yes'))
    expect(told).toMatchObject({ code: 1, level: 'warn' })
    expect(notWell(told)).toEqual(['workers'])
  })

  it('tells of a Redis that is not there, and leaves a refused password to the usual exit code', async () => {
    const told = await doctor({ url: 'redis://127.0.0.1:1' })
    expect(told).toMatchObject({
      code: 2,
      rows: [
        {
          level: 'fail',
          what: 'reach',
          text: 'cannot reach Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
          remedy: expect.stringMatching(/^start Redis there, .* REDIS_URL \(the address is from /) as string,
        },
      ],
    })
    const closed = await startRedis({ args: ['--requirepass', 'right'] })
    onTestFinished(() => closed.stop())
    expect(
      await dq({ url: closed.url, namespace: 'dq' }, ['doctor'], { env: { REDIS_PASSWORD: 'wrong' } }),
    ).toMatchObject({
      code: 78,
    })
  })

  it('refuses a replica at once', async () => {
    const primary = await startRedis({ tcp: true })
    onTestFinished(() => primary.stop())
    const replica = await aServer('--replicaof', `127.0.0.1 ${primary.port}`)
    const told = await doctor(replica)
    expect(told.code).toBe(2)
    expect(told.rows.at(-1)).toMatchObject({ what: 'mode', level: 'fail' })
    expect(told.rows.at(-1)?.text).toContain('replica')
  })

  it('tells what a user may not do, and of a Redis that anybody may use', async () => {
    const server = await aServer('--appendonly', 'yes')
    await server.redis.call('ACL', 'SETUSER', 'viewer', 'on', '>pw', '~*', '&*', '+@read', '+ping', '+info', '+time')
    const told = await doctor(server, { REDIS_USERNAME: 'viewer', REDIS_PASSWORD: 'pw' })
    expect(told.code).toBe(2)
    expect(notWell(told)).toContain('permissions')
    const redis = openRedis({ url: server.url })
    onTestFinished(() => redis.close())
    await redis.ready()
    // The same server, as if it were reached over a network.
    const remote = {
      address: '10.0.0.1:6379',
      call: (...command: Parameters<typeof redis.call>) => redis.call(...command),
      batch: (commands: Parameters<typeof redis.batch>[0]) => redis.batch(commands),
    } as RedisClient
    const patient = { redis: remote, inspector: new Inspector(redis, 'dq'), namespace: 'dq', info: () => '' }
    expect(await permissions.look(patient)).toMatchObject([{ level: 'ok' }, { level: 'warn' }])
    await redis.call('CONFIG', 'SET', 'requirepass', 'x')
    expect(await permissions.look(patient)).toMatchObject([{ level: 'ok' }])
  })

  it('tells of books that do not balance, types that nobody knows, missing roles and dead workers', async () => {
    const server = await aServer('--appendonly', 'yes')
    const client = new Client({ redisUrl: server.url })
    onTestFinished(() => client.close())
    const args = ['--roles', 'worker,api,metrics', '--lease-ttl', '1s']
    const daemon = await aDaemon({ redisUrl: server.url, args })
    await client.enqueue('nobody.knows', {}, { queue: 'aside' })
    await client.enqueue('echo', {}, { queue: 'aside' })
    await client.operator.pause('aside')
    const told = await doctor(server)
    expect(notWell(told)).toEqual(['workers', 'workers', 'types'])
    expect(told.rows.find(({ what }) => what === 'types')?.text).toBe('no live worker knows nobody.knows')
    await server.redis.zadd(queueKeys('dq', 'aside', 'x').leases, 1, 'stray')
    await server.redis.del(queueKeys('dq', 'aside', 'x').counters)
    daemon.process.kill('SIGKILL')
    await until(async () => (await client.inspector.workers()).some(({ silent }) => silent))
    const after = await doctor(server)
    expect(notWell(after)).toEqual(['books', 'workers', 'workers'])
    expect(after.rows.filter(({ level }) => level !== 'ok').at(-1)?.text).toContain(`worker ${daemon.id}`)
  })
})

/** What a check of INFO says of these fields. */
const saysOf = async (check: Check, fields: Record<string, string>): Promise<string[]> => {
  const redis = { options: { url: 'redis://h' } } as RedisClient
  const patient = { redis, info: (field: string) => fields[field] ?? '' } as Patient
  return (await check.look(patient)).map(({ level }) => level)
}

describe('what the checks say of servers that are not here', () => {
  it.each([
    [version, { redis_version: '6.2.14' }, 'fail'],
    [version, { redis_version: '8.2.2' }, 'ok'],
    [version, {}, 'fail'],
    [knownBad, { redis_version: '7.0.4' }, 'warn'],
    [knownBad, { redis_version: '7.0.15' }, 'ok'],
    [knownBad, { redis_version: '7.2.4' }, 'warn'],
    [knownBad, { redis_version: '7.2.4', server_name: 'valkey' }, 'ok'],
    [knownBad, { redis_version: '7.2.4', server_name: 'valkey', valkey_version: '8.1.8' }, 'warn'],
    [knownBad, { redis_version: '7.2.4', server_name: 'valkey', valkey_version: '8.1.9' }, 'ok'],
    [knownBad, { redis_version: '7.4.10' }, 'ok'],
    [knownBad, { redis_version: '8.0.5' }, 'warn'],
    [knownBad, { redis_version: '8.0.6' }, 'ok'],
    [knownBad, { redis_version: '8.10.0' }, 'warn'],
    [knownBad, { redis_version: '8.10.1' }, 'ok'],
    [knownBad, {}, 'ok'],
    [mode, { redis_mode: 'sentinel' }, 'fail'],
    [mode, { redis_mode: 'cluster', cluster_enabled: '1' }, 'fail'],
    [mode, { role: 'master', connected_slaves: '2' }, 'ok'],
    [disk, { aof_last_write_status: 'err' }, 'fail'],
    [disk, { aof_last_write_status: 'ok' }, 'ok'],
    [memory, { used_memory: '80', maxmemory: '100' }, 'warn'],
    [memory, { used_memory: '95', maxmemory: '100' }, 'fail'],
    [memory, { used_memory: '95', maxmemory: '0', total_system_memory: '1000' }, 'ok'],
  ] as const)('%o of %o', async (check, fields, level) => {
    expect(await saysOf(check, fields)).toEqual([level])
  })

  it('names every fix that a version lacks, the one it has to be upgraded to, and that the number is not proof', async () => {
    const patient = { info: (field: string) => (field === 'redis_version' ? '8.2.5' : '') } as Patient
    const [found] = await knownBad.look(patient)
    expect(found?.text).toMatch(/^Redis 8\.2\.5 by its number lacks .*CVE-2026-81934.*July 2026.*CVE-2026-23479/)
    expect(found?.text).not.toContain('CVE-2025')
    expect(found?.remedy).toMatch(/^upgrade it to 8\.2\.9 or newer, or verify that .*; see https:/)
  })

  it('tells of tasks that wait in a queue that no live worker takes from, unless it is paused or they came just now', async () => {
    const one = { id: 'w', silent: false, quiet: false, queues: ['mail'], roles: ['worker', 'scheduler', 'reaper'] }
    const queue = (name: string, oldestPendingMs: number, paused?: object) => ({
      name,
      oldestPendingMs,
      paused,
      active: 0,
      pending: { high: 0, default: 2, low: 1 },
    })
    const snapshot = [queue('mail', 60_000), queue('aside', 60_000), queue('new', 100), queue('held', 60_000, {})]
    const told = async (worker: object): Promise<string[]> => {
      const inspector = { workers: async () => [worker], snapshot: async () => snapshot }
      const found = await workers.look({ inspector } as unknown as Patient)
      return found.filter(({ level }) => level !== 'ok').map(({ text }) => text)
    }
    expect(await told(one)).toEqual(['no live worker takes from queue aside; tasks that wait there: 3'])
    expect(await told({ ...one, quiet: true })).toHaveLength(2)
  })

  it('asks to verify what is left of a version that its makers have given up', async () => {
    const patient = { info: (field: string) => (field === 'redis_version' ? '7.0.15' : '') } as Patient
    expect((await knownBad.look(patient))[0]?.text).toMatch(/verify that your distribution does$/)
  })
})
