import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { connect, freePort, launchRedis, type RedisServer, type Running, startRedis } from './redis.ts'
import { until } from './until.ts'

export interface SentinelTrio {
  /** `redis-sentinel://…/mymaster`. */
  readonly url: string
  /** The first began as the primary, the others as its replicas. */
  readonly servers: readonly RedisServer[]
  /** Whom the Sentinels take for the primary. */
  primary(): Promise<RedisServer>
  /** Asks for another primary. */
  failover(): Promise<void>
  /** Resolves when all servers run, and all but one follow that one. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

const NAME = 'mymaster'
const QUORUM = 2
const REPLICAS = 2

interface Sentinel {
  readonly port: number
  readonly running: Running
  readonly dir: string
  readonly admin: Redis
}

async function startSentinel(primaryPort: number, downAfterMs: number): Promise<Sentinel> {
  const dir = mkdtempSync(join(tmpdir(), 'dq-sentinel-'))
  const port = await freePort()
  const file = join(dir, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} ${Math.max(10_000, downAfterMs * 3)}`,
    `sentinel parallel-syncs ${NAME} 2`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const running = await launchRedis([file, '--sentinel'], dir, port)
  const admin = new Redis({ port, maxRetriesPerRequest: null })
  admin.on('error', () => {}) // a call tells
  return { port, running, dir, admin }
}

/** A primary with two replicas, and three Sentinels that watch them. @param downAfterMs a silent one counts as down. */
export async function startSentinels({
  downAfterMs = 5_000,
  args = [] as readonly string[],
} = {}): Promise<SentinelTrio> {
  const first = await startRedis({ tcp: true, args })
  const servers = [first]
  const sentinels: Sentinel[] = []
  const stop = async (): Promise<void> => {
    for (const { admin } of sentinels) admin.disconnect()
    await Promise.all([
      ...sentinels.map(async ({ running, dir }) => {
        await running.end('SIGKILL')
        rmSync(dir, { recursive: true, force: true })
      }),
      ...servers.map((server) => server.stop()),
    ])
  }
  const primary = async (): Promise<RedisServer> => {
    const [, port] = (await sentinels[0]!.admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[]
    return servers.find((server) => server.port === Number(port))!
  }
  const settled = async (): Promise<void> => {
    await until(
      async () => {
        for (const { admin } of sentinels) {
          const followers = (await admin.call('SENTINEL', 'REPLICAS', NAME)) as string[][]
          const others = (await admin.call('SENTINEL', 'SENTINELS', NAME)) as string[][]
          if (followers.length < REPLICAS || others.length < 2) return false
          if ([...followers, ...others].some((fields) => /down|disconnected/.test(flagsOf(fields)))) return false
          if (followers.some((fields) => valueOf(fields, 'master-link-status') !== 'ok')) return false
        }
        return isFollowed(await primary(), servers.length - 1)
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'the servers to follow one primary' },
    )
  }
  try {
    const replica = ['--replicaof', '127.0.0.1', String(first.port), '--repl-diskless-sync-delay', '0']
    for (let i = 0; i < REPLICAS; i++) servers.push(await startRedis({ tcp: true, args: [...args, ...replica] }))
    for (let i = 0; i < 3; i++) sentinels.push(await startSentinel(first.port!, downAfterMs))
    await settled()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    servers,
    primary,
    failover: async () => void (await sentinels[0]!.admin.call('SENTINEL', 'FAILOVER', NAME)),
    settled,
    stop,
  }
}

const valueOf = (fields: readonly string[], name: string): string => fields[fields.indexOf(name) + 1] ?? ''
const flagsOf = (fields: readonly string[]): string => valueOf(fields, 'flags')

async function isFollowed(server: RedisServer, replicas: number): Promise<boolean> {
  const redis = connect(server)
  redis.on('error', () => {}) // it may be gone: asked again
  try {
    const info = await redis.info('replication')
    return info.includes('role:master') && (info.match(/state=online/g) ?? []).length === replicas
  } finally {
    redis.disconnect()
  }
}
