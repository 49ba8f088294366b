import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Client } from '../../../src/core/client.ts'
import { queueKeys } from '../../../src/core/keys.ts'
import { openRedis } from '../../../src/core/redis.ts'
import { findRedisServer } from '../../../scripts/lib/tools.mjs'
import { startRedis } from '../../helpers/redis.ts'
import { until } from '../../helpers/until.ts'
import { choicesOf } from './choices.ts'
import { driftOf } from './books.ts'
import type { Setting } from './setting.ts'

export interface PowerCuts {
  readonly cuts: number
  /** Of all tasks acknowledged before a cut, over all cuts. */
  readonly acknowledged: number
  readonly lost: number
  /** The oldest acknowledgement that was lost: so long before the cut, ms. */
  readonly oldest_lost_ms: number
  /** What does not balance after the restart, in words. */
  readonly drift: readonly string[]
}

const BATCH = 50
const WAIT_MS = 30_000
const AOF = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--aof-use-rdb-preamble', 'no']
const NAMESPACE = 'chaos'

/** Cuts the file of a dead Redis off at a second: what came later never reached the disk. */
function truncate(dir: string, second: number): void {
  const folder = join(dir, 'appendonlydir')
  const manifest = readdirSync(folder).find((name) => name.endsWith('.manifest'))
  if (manifest === undefined) throw new Error(`${folder} has no manifest`)
  const program = join(dirname(findRedisServer()!), 'redis-check-aof')
  const args = ['--truncate-to-timestamp', String(second), join(folder, manifest)]
  const { status, error, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`redis-check-aof failed: ${stdout}`, { cause: error })
}

/** When each task was acknowledged, ms since the epoch, by id. */
async function enqueueUntil(client: Client, endAtMs: () => number): Promise<Map<string, number>> {
  const at = new Map<string, number>()
  while (Date.now() < endAtMs()) {
    const items = Array.from({ length: BATCH }, () => ({ type: 'work', payload: null }))
    for (const result of await client.enqueueMany(items)) {
      if ('error' in result) throw result.error
      at.set(result.id, Date.now())
    }
  }
  return at
}

interface Cut {
  readonly acknowledged: number
  readonly lostAtMs: readonly number[]
  readonly drift: readonly string[]
}

/** @param ms how long tasks come in before the power fails. */
async function cutOnce(ms: number): Promise<Cut> {
  const server = await startRedis({ tcp: true, args: [...AOF, '--aof-timestamp-enabled', 'yes'] })
  const copy = await startRedis({ tcp: true, args: [...AOF, '--aof-timestamp-enabled', 'yes'] })
  const client = new Client({ redisUrl: server.url, namespace: NAMESPACE })
  const reader = openRedis({ url: copy.url })
  try {
    const endAtMs = Date.now() + ms
    const acknowledgedAt = await enqueueUntil(client, () => endAtMs)
    const cutAtMs = Date.now()
    await server.kill9()
    await copy.kill9()
    cpSync(join(server.dir, 'appendonlydir'), join(copy.dir, 'appendonlydir'), { recursive: true, force: true })
    // Whole seconds is what the file knows; up to one second is what everysec may lose.
    truncate(copy.dir, Math.floor(cutAtMs / 1_000) - 1)
    await copy.restart()
    await until(() => reader.call('PING'), { what: 'the copy to answer', timeoutMs: WAIT_MS })
    const kept = new Set((await reader.call('HKEYS', queueKeys(NAMESPACE, 'default', 'chaos').tasks)) as string[])
    const lost = [...acknowledgedAt].filter(([id]) => !kept.has(id))
    const check = new Client({ redis: reader, namespace: NAMESPACE })
    return {
      acknowledged: acknowledgedAt.size,
      lostAtMs: lost.map(([, at]) => cutAtMs - at),
      drift: await driftOf(check.inspector),
    }
  } finally {
    reader.drop()
    await Promise.all([client.close(), server.stop(), copy.stop()])
  }
}

/** What `appendfsync everysec` loses at a loss of power, imitated by cutting its file off one second before the end. */
export async function powerCuts(setting: Setting, cuts: number): Promise<PowerCuts> {
  const choose = choicesOf(setting.seed, 'power')
  const done: Cut[] = []
  for (let cut = 0; cut < cuts; cut++) {
    done.push(await cutOnce(choose.between(2_000, 3_500)))
    setting.say(
      `${cut + 1} of ${cuts} power cuts, ${done.at(-1)!.lostAtMs.length} of ${done.at(-1)!.acknowledged} lost`,
    )
  }
  return {
    cuts,
    acknowledged: done.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    lost: done.reduce((sum, { lostAtMs }) => sum + lostAtMs.length, 0),
    oldest_lost_ms: Math.max(0, ...done.map(({ lostAtMs }) => lostAtMs.reduce((a, b) => Math.max(a, b), 0))),
    drift: done.flatMap(({ drift }) => drift),
  }
}
