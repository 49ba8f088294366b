import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Client, defineTask, Discard, Worker } from '../../src/core/index.ts'
import { openRedis } from '../../src/core/redis.ts'
import { dq } from './cli.ts'
import { ACCESS_ROLES, type AccessRole } from '../../src/core/access.ts'
import { ROOT } from './process.ts'
import { connect, type RedisServer, startRedis } from './redis.ts'
import { until } from './until.ts'

const ADMIN = { username: 'admin', password: 'admins' }

export const passwordOf = (role: string): string => `pw-of-${role}`

/** What deploy/redis/users.sh makes for these roles, in a folder with their passwords as files. */
export function usersOf(roles: readonly string[] = ACCESS_ROLES): { folder: string; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'dq-users-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const role of roles) writeFileSync(join(folder, `redis-${role}`), `${passwordOf(role)}\n`)
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'deploy/redis/users.sh'), [folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`users.sh ended with ${status}: ${stderr}`)
  return { folder, text: stdout }
}

/** A Redis with the users of deploy/redis/users.acl, and an administrator. */
export class GuardedRedis {
  readonly server: RedisServer
  readonly admin: ReturnType<typeof connect>

  constructor(server: RedisServer) {
    this.server = server
    this.admin = connect(server, ADMIN)
  }

  /** The address, as that user. */
  urlOf(role: AccessRole | 'admin'): string {
    const url = new URL(this.server.url)
    url.username = role === 'admin' ? ADMIN.username : `dq-${role}`
    url.password = role === 'admin' ? ADMIN.password : passwordOf(role)
    return url.href
  }

  /** Changes the rule of a user, in the words of Redis. */
  async allow(role: AccessRole, ...rules: string[]): Promise<void> {
    await this.admin.call('ACL', 'SETUSER', `dq-${role}`, ...rules)
  }

  /** Whether that user may run a command, which is run. */
  async try(role: AccessRole, [name, ...words]: readonly [name: string, ...words: string[]]): Promise<boolean> {
    const redis = connect(this.server, { username: `dq-${role}`, password: passwordOf(role) })
    try {
      await redis.call(name, ...words)
      return true
    } catch (error) {
      if (/^NOPERM|user executing the script can't/.test((error as Error).message)) return false
      throw error
    } finally {
      redis.disconnect()
    }
  }

  /** Every key with what it holds. */
  async contents(): Promise<Record<string, string>> {
    const keys = (await this.admin.keys('*')).toSorted()
    const dumps = await Promise.all(keys.map((key) => this.admin.dumpBuffer(key)))
    return Object.fromEntries(keys.map((key, i) => [key, dumps[i]?.toString('base64') ?? '']))
  }

  /** What Redis refused since the server began, in words. */
  async refused(): Promise<string[]> {
    const log = (await this.admin.call('ACL', 'LOG', '128')) as (string | number)[][]
    return log.map((entry) => {
      const field = (name: string): string => String(entry[entry.indexOf(name) + 1])
      return `${field('username')} ${field('reason')} ${field('object')} in ${field('context')}`
    })
  }

  /** Every command that the server runs meanwhile, those of scripts too. */
  async watch(use: () => Promise<unknown>): Promise<string[][]> {
    // Its own question whether Redis is ready would be among what it sees, and be taken for an answer.
    const first = connect(this.server, { ...ADMIN, enableReadyCheck: false })
    const monitor = await first.monitor()
    first.disconnect()
    const seen: string[][] = []
    monitor.on('monitor', (_time: string, args: string[]) => seen.push(args))
    await use()
    await this.admin.ping('the end')
    await until(() => seen.some((args) => args[1] === 'the end'), { what: 'the last command to be seen' })
    monitor.disconnect()
    return seen.filter((args) => args[1] !== 'the end')
  }
}

export async function guardedRedis(): Promise<GuardedRedis> {
  const { folder, text } = usersOf()
  const file = join(folder, 'users.acl')
  writeFileSync(file, `${text}user ${ADMIN.username} on >${ADMIN.password} ~* &* +@all\n`)
  const server = await startRedis({ tcp: true, args: ['--aclfile', file] })
  onTestFinished(() => server.stop())
  const guarded = new GuardedRedis(server)
  onTestFinished(() => guarded.admin.disconnect())
  return guarded
}

/** Commands with one of several meanings are rights of their own. */
const CONTAINERS = new Set(['acl', 'client'])

const rightOf = ([name = '', sub = '']: readonly string[]): string => {
  const lower = name.toLowerCase()
  return `+${CONTAINERS.has(lower) ? `${lower}|${sub.toLowerCase()}` : lower}`
}

const patternOf = (right: string): RegExp => {
  const glob = right.replace(/^[^~&]*[~&]/, '')
  const escaped = glob.replaceAll(/[.{}|+()$]/g, String.raw`\$&`).replaceAll('[^_]*', '[^_][^}]*')
  return new RegExp(`^${escaped.replaceAll(/(?<!\])\*/g, '.*')}$`)
}

/** Which of these rights nothing of what was seen took. */
export function unused(rights: readonly string[], seen: readonly (readonly string[])[]): string[] {
  const commands = new Set(seen.map(rightOf))
  const words = new Set(seen.flatMap((args) => args.slice(1)))
  return rights.filter((right) => {
    if (right.startsWith('+')) return !commands.has(right)
    const pattern = patternOf(right)
    return ![...words].some((word) => pattern.test(word))
  })
}

export const NAMESPACE = 'dq'

export function clientOf(redis: GuardedRedis, role: AccessRole | 'admin'): Client {
  const client = new Client({ redisUrl: redis.urlOf(role), namespace: NAMESPACE })
  onTestFinished(() => client.close())
  return client
}

/** `dq` as that user. @throws Error with what it said, unless it ended with one of these codes. */
export async function dqAs(
  redis: GuardedRedis,
  role: AccessRole | 'admin',
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<string> {
  const { code, out, err } = await dq({ url: redis.urlOf(role), namespace: NAMESPACE }, args)
  if (code === null || !codes.includes(code))
    throw new Error(`dq ${args.join(' ')} as ${role} ended with ${code}: ${out} ${err}`)
  return out
}

/** One task in every state, in queue `mail`, with limits, schedules, an objective and an operation around them. */
export async function aTown(redis: GuardedRedis): Promise<void> {
  const client = clientOf(redis, 'admin')
  const as = (...args: string[]): Promise<string> => dqAs(redis, 'admin', args)
  const ok = defineTask({ type: 'ok', queue: 'mail', run: () => 'done' })
  const die = defineTask({
    type: 'die',
    queue: 'mail',
    run: () => {
      throw new Discard('421 SMTP timeout')
    },
  })
  const flaky = defineTask({
    type: 'flaky',
    queue: 'mail',
    retry: { limit: 3, base: '1h', cap: '1h' },
    run: () => {
      throw new Error('not now')
    },
  })
  const worker = new Worker({
    redisUrl: redis.urlOf('admin'),
    namespace: NAMESPACE,
    queues: ['mail'],
    tasks: [ok, die, flaky],
  })
  await worker.start()
  for (let i = 0; i < 5; i++) {
    await client.enqueue(ok, {}, { id: `completed-${i}` })
    await client.enqueue(die, {}, { id: `dead-${i}` })
    await client.enqueue(flaky, {}, { id: `retrying-${i}` })
  }
  await until(
    async () =>
      (await client.inspector.snapshot(['mail'])).some((q) => q.completed === 5 && q.dead === 5 && q.scheduled === 5),
    { what: 'the tasks to have run' },
  )
  await worker.stop()
  await as('dlq', 'purge', 'dead-0', '--yes')
  await as('limit', 'set', 'mail', 'limited', '--concurrency', '1')
  await hold(redis, client, 'mail', 600_000, ['held-1', 'held-2', 'held-3', 'limited-2', 'limited-1'])
  await hold(redis, client, 'image', 1, ['lost-1'])
  await as('limit', 'set', 'mail', 'bounded', '--enqueue', '2/1h')
  await as('slo', 'set', 'mail', '30s', '0.99')
  await as('schedule', 'add', '@every 1h', 'ok', '{}', '--name', 'hourly', '--queue', 'mail')
  await client.enqueueMany(
    [1, 2, 3].flatMap((i) => [
      { id: `pending-${i}`, type: 'ok', payload: {}, queue: 'mail' },
      { id: `scheduled-${i}`, type: 'ok', payload: {}, queue: 'mail', delay: '1h' },
      { id: `blocked-${i}`, type: 'ok', payload: {}, queue: 'mail', dependsOn: ['held-1'] },
      { id: `cancelled-${i}`, type: 'ok', payload: {}, queue: 'mail' },
      { id: `image-${i}`, type: 'ok', payload: {}, queue: 'image', dependsOn: [{ id: 'held-1', queue: 'mail' }] },
    ]),
  )
  await client.enqueue('ok', {}, { queue: 'mail', id: 'pending-4', idempotencyKey: 'key', unique: { for: '10m' } })
  for (let i = 0; i < 100; i++) await client.operations.begin('mail', { kind: 'replay', filter: 'type:none' })
  await client.enqueue('ok', {}, { queue: 'broken', id: 'twice', idempotencyKey: 'key' })
  await as('pause', 'broken')
  await redis.admin.lpush('dq:{broken}:pending:high', 'twice')
  await as('cancel', 'cancelled-1', 'cancelled-2', 'cancelled-3')
}

/** Tasks that a worker has which is not there. */
async function hold(
  redis: GuardedRedis,
  client: Client,
  queue: string,
  leaseMs: number,
  ids: readonly string[],
): Promise<void> {
  const connection = openRedis({ url: redis.urlOf('admin') })
  onTestFinished(() => connection.close())
  const broker = new Broker(connection, { namespace: NAMESPACE, client: 'test' })
  await client.enqueueMany(ids.map((id) => ({ id, type: id.slice(0, -2), payload: {}, queue })))
  const claim = { worker: 'w', want: 5, quotas: { high: 0, default: 5, low: 0 }, leaseMs, timeoutMs: 600_000 }
  const reply = await broker.claim(queue, { ...claim, idle: true, timeouts: {} })
  if (reply.word !== 'granted') throw new Error(`nothing was claimed: ${reply.word}`)
}
