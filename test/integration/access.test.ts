import { describe, expect, it, onTestFinished } from 'vitest'
import { ACCESS_ROLES, type AccessRole, rightsOf } from '../../src/core/access.ts'
import type { Row } from '../../src/core/doctor/check.ts'
import { RAW } from '../fixtures/raw-access.ts'
import { Client, Worker } from '../../src/core/index.ts'
import { dq } from '../helpers/cli.ts'
import { startCluster } from '../helpers/cluster.ts'
import { connect } from '../helpers/redis.ts'
import { aTown, clientOf, dqAs, passwordOf, type GuardedRedis, guardedRedis, unused } from '../helpers/access.ts'
import { aDaemon, runToEnd } from '../helpers/daemon.ts'
import { changeAll, enqueueAll, lookAtAll, workOnAll } from '../helpers/access-uses.ts'

/** In a script of the role, at a place to which only other programs bring it. */
const UNSEEN: Partial<Record<AccessRole, string[]>> = { producer: ['+srem'] }
const NOTHING: Measured = { refused: [], unused: [] }

interface Measured {
  readonly refused: readonly string[]
  readonly unused: readonly string[]
}

/** What Redis refused of all that the programs of a role do, and which of the role's rights nothing took. */
async function measured(redis: GuardedRedis, role: AccessRole, use: () => Promise<unknown>): Promise<Measured> {
  await redis.admin.call('ACL', 'LOG', 'RESET')
  await redis.admin.call('SCRIPT', 'FLUSH')
  const seen = await redis.watch(use)
  const { commands, writes, reads, channels } = rightsOf(role, 'dq')
  const rights = [...commands, ...writes, ...reads, ...channels].filter((right) => !UNSEEN[role]?.includes(right))
  return { refused: await redis.refused(), unused: unused(rights, seen) }
}

describe('with the users of deploy/redis/users.acl', { timeout: 120_000 }, () => {
  it('a producer can do its work, and nothing that it does not need', async () => {
    const redis = await guardedRedis()
    await aTown(redis)
    expect(await measured(redis, 'producer', () => enqueueAll(redis))).toEqual(NOTHING)
  })

  it('a viewer sees everything, and can do nothing that it does not need', async () => {
    const redis = await guardedRedis()
    await aTown(redis)
    const before = await redis.contents()
    expect(await measured(redis, 'viewer', () => lookAtAll(redis, 'viewer'))).toEqual(NOTHING)
    expect(await redis.contents()).toEqual(before)
  })

  it('an operator can change all that operators change, and nothing that it does not need', async () => {
    const redis = await guardedRedis()
    await aTown(redis)
    const use = (): Promise<void> => lookAtAll(redis, 'operator').then(() => changeAll(redis))
    expect(await measured(redis, 'operator', use)).toEqual(NOTHING)
  })

  it('a daemon of all roles can do its work, and nothing that it does not need', async () => {
    const redis = await guardedRedis()
    await aTown(redis)
    expect(await measured(redis, 'worker', () => workOnAll(redis))).toEqual(NOTHING)
  })
})

it(
  'in a cluster every role works with the two rights more that docs/SECURITY.md names',
  { timeout: 120_000 },
  async () => {
    const cluster = await startCluster()
    onTestFinished(() => cluster.stop())
    for (const { admin } of cluster.nodes)
      for (const role of ACCESS_ROLES) {
        const { commands, writes, reads, channels } = rightsOf(role, 'dq')
        const rights = [...commands, ...writes, ...reads, ...channels, '+cluster|slots', '+asking']
        await admin.call('ACL', 'SETUSER', `dq-${role}`, 'on', `>${passwordOf(role)}`, ...rights)
      }
    const urlOf = (role: AccessRole): string => cluster.url.replace('//', `//dq-${role}:${passwordOf(role)}@`)
    const client = new Client({ redisUrl: urlOf('producer') })
    onTestFinished(() => client.close())
    const queues = ['a', 'b', 'c', 'd']
    const worker = new Worker({ redisUrl: urlOf('worker'), queues, tasks: { t: () => 'done' } })
    onTestFinished(() => worker.stop())
    await worker.start()
    const done = await client.enqueueMany(queues.map((queue) => ({ type: 't', payload: {}, queue, id: `of-${queue}` })))
    expect(done).toEqual(queues.map((queue) => ({ id: `of-${queue}`, outcome: 'enqueued' })))
    for (const queue of queues) expect(await client.waitFor(`of-${queue}`)).toMatchObject({ state: 'completed' })
    for (const [role, ...args] of [
      ['operator', 'pause', 'a'],
      ['viewer', 'stats'],
      ['viewer', 'verify', '--deep'],
    ] as const)
      expect((await dq({ url: urlOf(role), namespace: 'dq' }, args)).code).toBe(0)
    for (const { admin } of cluster.nodes) expect(await admin.call('ACL', 'LOG')).toEqual([])
  },
)

describe('with a client of its own and the password of a role', () => {
  it.each(ACCESS_ROLES)('somebody can do as %s what docs/SECURITY.md says, and nothing else', async (role) => {
    const redis = await guardedRedis()
    const client = clientOf(redis, 'admin')
    const could: string[] = []
    for (const { what, command } of RAW) {
      await client.enqueue('ok', {}, { queue: 'mail', id: 'raw-1' })
      if (await redis.try(role, command)) could.push(what)
      await redis.admin.flushall()
    }
    expect(could).toEqual(RAW.filter(({ may }) => may.includes(role)).map(({ what }) => what))
  })

  it('nobody can do anything without one', async () => {
    const redis = await guardedRedis()
    const stranger = connect(redis.server, { protocol: 2, enableReadyCheck: false })
    onTestFinished(() => stranger.disconnect())
    for (const command of ['PING', 'INFO', 'DBSIZE']) await expect(stranger.call(command)).rejects.toThrow('NOAUTH')
  })
})

/** `dq-daemon` as that user, until it ends by itself. */
const daemonAs = (redis: GuardedRedis, role: AccessRole, args: readonly string[] = []): ReturnType<typeof runToEnd> =>
  runToEnd([...args, '--redis-url', redis.server.url, '--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0'], {
    REDIS_USERNAME: `dq-${role}`,
    REDIS_PASSWORD: passwordOf(role),
  })

describe('a user that lacks a right', { timeout: 60_000 }, () => {
  it('runs no daemon, which says once what is missing and ends with 78', async () => {
    const redis = await guardedRedis()
    const viewer = await daemonAs(redis, 'viewer')
    expect(viewer.code).toBe(78)
    expect(viewer.complaints).toEqual([
      expect.stringMatching(
        /user dq-viewer lacks rights of the role worker: .*\+evalsha.*; log in as dq-worker, or give/,
      ),
    ])
    await redis.allow('worker', '-zmscore', '-rpush')
    const worker = await daemonAs(redis, 'worker')
    expect(worker.code).toBe(78)
    expect(worker.complaints).toEqual([
      `Redis at ${new URL(redis.server.url).host}: user dq-worker lacks rights of the role worker: +rpush +zmscore; log in as dq-worker, or give it the rule of that user in deploy/redis/users.acl`,
    ])
    const checked = await daemonAs(redis, 'worker', ['check'])
    expect(checked.code).toBe(1)
    expect(checked.stdout).toContainEqual(expect.stringMatching(/^FAIL .* role worker: \+rpush \+zmscore; /))
    expect(await redis.admin.keys('*')).toEqual([])
  })

  it('is told by a daemon that it was taken from while it ran, which goes on once it is there again', async () => {
    const redis = await guardedRedis()
    const env = { REDIS_USERNAME: 'dq-worker', REDIS_PASSWORD: passwordOf('worker') }
    const daemon = await aDaemon({ redisUrl: redis.server.url, env })
    await redis.allow('worker', '-evalsha')
    await daemon.process.waitForLine(/does not let its user run EVALSHA on dq:\{/)
    await redis.allow('worker', '+evalsha')
    const client = clientOf(redis, 'admin')
    const { id } = await client.enqueue('echo', {})
    expect(await client.waitFor(id)).toMatchObject({ state: 'completed' })
    expect(await daemon.stop()).toEqual({ code: 0, signal: null })
  })

  it.each([
    ['viewer', ['-zscore'], '+zscore'],
    ['operator', ['-lrem', '-eval'], '+eval +lrem'],
    ['worker', ['resetchannels', '&dq:{*}:wake'], '&dq:{[^_]*}:cancels &dq:{[^_]*}:outbox'],
    ['worker', ['resetkeys', '~dq:{[^_]*}:*', '~dq:{_}:*'], ''],
    ['viewer', ['resetkeys', '%R~dq:{[^_]*}:*', '%R~dq:{_}:[^q]*'], '%R~dq:{_}:queues %R~dq:{_}:quiet'],
  ] as const)('is named by dq doctor: for %s %j it is %s', async (role, rules, missing) => {
    const redis = await guardedRedis()
    await redis.allow(role, ...rules)
    const { rows } = JSON.parse(await dqAs(redis, role, ['doctor', '--json'], [0, 1, 2])) as { rows: Row[] }
    const row = rows.find(({ what }) => what === 'permissions')!
    expect(row.text).toBe(
      missing === ''
        ? `user dq-${role} has all rights of the role ${role}`
        : `user dq-${role} lacks rights of the role ${role}: ${missing}`,
    )
  })

  it('to look at workers is not needed to enqueue from a shell', async () => {
    const redis = await guardedRedis()
    expect(await dqAs(redis, 'producer', ['enqueue', 'echo', '{}', '--id', 'one'])).toContain('one')
  })

  it('is none of a producer, who looks at less', async () => {
    const redis = await guardedRedis()
    const { rows } = JSON.parse(await dqAs(redis, 'producer', ['doctor', '--json'], [1])) as { rows: Row[] }
    expect(rows.filter(({ level }) => level === 'fail')).toEqual([])
    expect(rows.filter(({ text }) => text === 'not for this user to look at').map(({ what }) => what)).toEqual([
      'format',
      'workers',
      'types',
    ])
  })

  it('is asked of the roles of a user that has another name', async () => {
    const redis = await guardedRedis()
    const { commands, writes, reads, channels } = rightsOf('viewer', 'dq')
    const rights = [...commands, ...writes, ...reads, ...channels]
    await redis.admin.call('ACL', 'SETUSER', 'anna', 'on', '>pw-of-anna', ...rights)
    const told = async (): Promise<string> => {
      const place = { url: redis.server.url.replace('//', '//anna:pw-of-anna@'), namespace: 'dq' }
      const { rows } = JSON.parse((await dq(place, ['doctor', '--json'])).out) as { rows: Row[] }
      return rows.find(({ what }) => what === 'permissions')!.text
    }
    expect(await told()).toBe('user anna has all rights of the role viewer')
    await redis.admin.call('ACL', 'SETUSER', 'anna', '-zscore')
    expect(await told()).toBe('user anna lacks rights of the role viewer: +zscore')
    await redis.admin.call('ACL', 'SETUSER', 'anna', '+@all', '~*', '&*')
    expect(await told()).toBe('user anna has all rights of the roles producer, worker, operator, viewer')
  })

  it('is named with its key in the message of dq, which shows nothing else of a command', async () => {
    const redis = await guardedRedis()
    await aTown(redis)
    const said = async (role: AccessRole, ...args: string[]): Promise<string> => {
      const { code, err } = await dq({ url: redis.urlOf(role), namespace: 'dq' }, args)
      expect(code).toBe(78)
      return err
    }
    expect(await said('viewer', 'pause', 'mail')).toMatch(
      /does not let its user run EVALSHA on dq:\{mail\}:meta: NOPERM/,
    )
    const enqueued = await said('viewer', 'enqueue', 'ok', '{"password":"hunter2"}', '--queue', 'mail')
    expect(enqueued).toMatch(/run (EVALSHA|SET) on dq:\{_\}:format: NOPERM.*dq doctor names what is missing/)
    await redis.allow('producer', '-hset')
    const half = await said('producer', 'enqueue', 'ok', '{"password":"hunter2"}', '--queue', 'mail')
    expect(half).toMatch(/run EVALSHA on dq:\{mail\}:tasks: ERR The user executing the script can't run this command/)
    for (const text of [enqueued, half]) expect(text).not.toMatch(/hunter2|pw-of/)
  })
})
