import { DqError, messageOf } from '../core/errors.ts'
import { globalKeys, queueKeys } from '../core/keys.ts'
import type { Inspector } from '../core/inspector.ts'
import type { Command, RedisClient } from '../core/redis.ts'

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly text: string
}

const OLDEST = 7
const SKEW_MOST_MS = 1_000
const field = (info: string, name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''

const version = (info: string): Finding => {
  const text = field(info, 'redis_version')
  if (Number(text.split('.')[0]) >= OLDEST) return { level: 'ok', text: `Redis ${text}` }
  return { level: 'fail', text: `Redis ${text || 'of unknown version'} is too old; install Redis 7.0 or newer` }
}

function eviction(info: string, allowed: boolean): Finding {
  const policy = field(info, 'maxmemory_policy')
  if (policy === '' || policy === 'noeviction') return { level: 'ok', text: `eviction policy ${policy || 'unknown'}` }
  const problem = `Redis evicts keys when its memory is full (maxmemory-policy ${policy}), and tasks with them`
  if (allowed) return { level: 'warn', text: problem }
  return {
    level: 'fail',
    text: `${problem}; run: redis-cli CONFIG SET maxmemory-policy noeviction, or start with --allow-eviction`,
  }
}

const persistence = (info: string): Finding =>
  field(info, 'aof_enabled') === '1'
    ? { level: 'ok', text: 'persistence by append-only file' }
    : {
        level: 'warn',
        text: 'no append-only file: a crash of Redis loses what came since its last snapshot, or all; set appendonly yes',
      }

/** What the daemon refuses to run on. @param allowEviction somebody knows that tasks may vanish. */
export async function fitness(redis: RedisClient, allowEviction: boolean): Promise<Finding[]> {
  const info = String(await redis.call('INFO'))
  return [version(info), eviction(info, allowEviction), persistence(info)]
}

async function clock(inspector: Inspector): Promise<Finding> {
  const { clockSkewMs, latencyMs } = await inspector.redisInfo()
  const text = `clock of Redis ${Math.abs(clockSkewMs)} ms ${clockSkewMs < 0 ? 'behind' : 'ahead of'} this machine's; answers in ${latencyMs.toFixed(1)} ms`
  return { level: Math.abs(clockSkewMs) > SKEW_MOST_MS ? 'warn' : 'ok', text }
}

/** Commands of each kind the daemon uses, none of which changes anything. */
function harmless(namespace: string): Command[] {
  const { workers, workerInfo, quiet } = globalKeys(namespace)
  const nobody = 'dq-daemon-check'
  return [
    ['ZREM', workers, nobody],
    ['HDEL', workerInfo, nobody],
    ['SREM', quiet, nobody],
    ['PUBLISH', queueKeys(namespace, 'default', nobody).op, ''],
  ]
}

async function permissions(redis: RedisClient, inspector: Inspector, namespace: string): Promise<Finding> {
  try {
    await redis.batch(harmless(namespace))
    await inspector.snapshot(['default'])
    return { level: 'ok', text: `may read and write ${namespace}:{*}, and run scripts` }
  } catch (error) {
    if (error instanceof DqError && error.code !== 'credentials') throw error
    return { level: 'fail', text: `the user may not do all it has to: ${messageOf(error)}` }
  }
}

/** Everything `dq-daemon check` says about a Redis that answers. */
export async function examine(
  redis: RedisClient,
  inspector: Inspector,
  options: { namespace: string; allowEviction: boolean },
): Promise<Finding[]> {
  return [
    ...(await fitness(redis, options.allowEviction)),
    await clock(inspector),
    await permissions(redis, inspector, options.namespace),
  ]
}
