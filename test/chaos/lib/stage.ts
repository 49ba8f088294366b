import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type NewTaskItem } from '../../../src/core/client.ts'
import { queueKeys } from '../../../src/core/keys.ts'
import { openRedis, type RedisClient } from '../../../src/core/redis.ts'
import { type FaultProxy, startProxy } from '../../helpers/proxy.ts'
import { type RedisServer, startRedis } from '../../helpers/redis.ts'
import { until } from '../../helpers/until.ts'
import { Crew } from './crew.ts'
import { Effects } from './effects.ts'
import { Feed } from './feed.ts'
import { Gaps } from './gaps.ts'
import { Recovery } from './recovery.ts'
import { type Setting, TIMES } from './setting.ts'

interface PlayOptions {
  readonly setting: Setting
  readonly daemons: number
  readonly make: (n: number) => NewTaskItem
  /** See `Feed`. */
  readonly ahead?: number
  readonly args?: (at: number) => readonly string[]
  /** See `CrewOptions`. */
  readonly root?: ((at: number) => string) | undefined
}

export interface StageOptions extends PlayOptions {
  readonly redisArgs?: readonly string[]
  /** Daemons in these places reach Redis through a proxy. */
  readonly proxied?: (at: number) => boolean
}

/** Daemons on a Redis of any kind, and those who watch. */
export interface Play {
  readonly setting: Setting
  readonly namespace: string
  readonly redis: RedisClient
  readonly client: Client
  readonly effects: Effects
  readonly feed: Feed
  readonly crew: Crew
  readonly recovery: Recovery
  readonly gaps: Gaps
  readonly startedAtMs: number
  /** Waits until so many different tasks were done. */
  readonly untilDone: (count: number, timeoutMs?: number) => Promise<void>
  /** Waits until so many more were. */
  readonly untilMore: (count: number) => Promise<void>
  /** SIGKILL, with what the dead one held watched until nobody holds it. */
  readonly kill: (place: number) => Promise<void>
}

/** The same on one server of its own: everything that most runs need. */
export interface Stage extends Play {
  readonly server: RedisServer
  readonly proxy: FaultProxy
}

/** The longest that anything but a recovery may take before a run gives up. */
export const STUCK_MS = 120_000
export const NAMESPACE = 'chaos'

/** Sets the stage, plays, and clears it away whatever happens. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { redisArgs = [], proxied = () => false } = options
  const server = await startRedis({ tcp: true, args: redisArgs })
  const proxy = await startProxy({ port: server.port! })
  const redisUrl = (at: number | undefined): string => (at !== undefined && proxied(at) ? proxy.url : server.url)
  try {
    return await playOn({ dir: server.dir, redisUrl }, options, (one) => play({ ...one, server, proxy }))
  } finally {
    await proxy.close()
    await server.stop()
  }
}

export interface Site {
  /** Goes with the servers, also when this process is killed. */
  readonly dir: string
  /** Of the daemon in that place; undefined: of those who watch. */
  readonly redisUrl: (at: number | undefined) => string
}

/** Plays on servers that are there. */
export async function playOn<T>(site: Site, options: PlayOptions, play: (one: Play) => Promise<T>): Promise<T> {
  const { setting, daemons, make, ahead = 400, args, root } = options
  const startedAtMs = performance.now()
  const folder = join(site.dir, 'run')
  mkdirSync(folder)
  const effects = new Effects(join(folder, 'effects'))
  const redis = openRedis({ url: site.redisUrl(undefined), name: 'chaos' })
  const client = new Client({ redis, namespace: NAMESPACE, by: 'chaos' })
  const feed = new Feed({ client, effects, make, ahead, say: setting.say })
  const crew = new Crew({
    setting,
    namespace: NAMESPACE,
    effectsFile: effects.file,
    folder,
    count: daemons,
    redisUrl: site.redisUrl,
    root,
    ...(args === undefined ? {} : { args }),
  })
  const keys = queueKeys(NAMESPACE, 'default', 'chaos')
  const recovery = new Recovery(redis, keys, TIMES[setting.profile].boundMs)
  const gaps = new Gaps(redis, keys)
  const untilDone = async (count: number, timeoutMs = STUCK_MS): Promise<void> => {
    await until(() => (feed.check(), effects.read().done.size >= count), {
      what: `${count} tasks to be done, with seed ${setting.seed}`,
      timeoutMs,
    })
  }
  const untilMore = (count: number): Promise<void> => untilDone(effects.read().done.size + count)
  const kill = async (place: number): Promise<void> => {
    const { member, atMs } = await crew.kill(place)
    await recovery.watch(member.id, atMs)
  }
  try {
    return await play({
      setting,
      namespace: NAMESPACE,
      redis,
      client,
      effects,
      feed,
      crew,
      recovery,
      gaps,
      startedAtMs,
      untilDone,
      untilMore,
      kill,
    })
  } finally {
    gaps.close()
    await crew.drop()
    await feed.stop().catch(() => {}) // a run that ends well has stopped it before, and was told
    redis.drop()
    effects.close()
  }
}
