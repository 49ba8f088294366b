import { lackRemedy, lackText, standingOf } from '../core/access-check.ts'
import { type Check, type Finding as Found, findingsOf } from '../core/doctor/check.ts'
import { clock } from '../core/doctor/clock.ts'
import { eviction } from '../core/doctor/eviction.ts'
import { format } from '../core/doctor/format.ts'
import { permissions } from '../core/doctor/permissions.ts'
import { persistence } from '../core/doctor/persistence.ts'
import { version } from '../core/doctor/version.ts'
import { DqError } from '../core/errors.ts'
import type { Inspector } from '../core/inspector.ts'
import type { RedisClient } from '../core/redis.ts'
import { readInfos } from '../core/redis-info.ts'
import type { Log } from './log.ts'
import { StartError } from './start-error.ts'

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly text: string
}

/** What a daemon that does not work on any of it asks of a server before it begins. */
const FITNESS: readonly Check[] = [version, eviction, persistence]

const tell = ({ level, text, remedy }: Found): Finding => ({
  level,
  text: remedy === undefined ? text : `${text}; ${remedy}`,
})

interface Options {
  readonly namespace: string
  /** Somebody knows that tasks may vanish. */
  readonly allowEviction: boolean
  readonly queues: readonly { readonly name: string }[]
}

async function look(
  checks: readonly Check[],
  redis: RedisClient,
  inspector: Inspector,
  { namespace, allowEviction, queues }: Options,
): Promise<Finding[]> {
  const whose = { role: 'worker', queue: queues[0]?.name } as const
  const patient = { redis, inspector, namespace, ...whose }
  const servers = await readInfos(redis)
  const all: Finding[] = []
  for (const check of checks) {
    const isKnown = check === eviction && allowEviction
    for (const found of await findingsOf(check, patient, servers))
      all.push(isKnown && found.level === 'fail' ? { level: 'warn', text: found.text } : tell(found))
  }
  return all
}

/**
 * What the daemon refuses to run on.
 * @throws StartError that says what to change, DqError `format` when this version does not know what is stored.
 */
export async function refuseUnfit({
  redis,
  inspector,
  config,
  log,
}: {
  readonly redis: RedisClient
  readonly inspector: Inspector
  readonly config: Options
  readonly log: Log
}): Promise<void> {
  await inspector.format()
  for (const { level, text } of await look(FITNESS, redis, inspector, config))
    if (level === 'fail') throw new StartError(text)
    else if (level === 'warn') log.warn('redis.unfit', text)
}

/** Everything `dq-daemon check` says about a Redis that answers. */
export const examine = (redis: RedisClient, inspector: Inspector, options: Options): Promise<Finding[]> =>
  look([...FITNESS, format, clock, permissions], redis, inspector, options)

/**
 * A script that lacks a right stops half-way, and leaves books that do not balance.
 * @throws DqError `credentials` that names what the user lacks.
 */
export async function refuseWeak(
  redis: RedisClient,
  { namespace, queues }: Pick<Options, 'namespace' | 'queues'>,
): Promise<void> {
  const standing = await standingOf(redis, { namespace, queue: queues[0]?.name ?? 'default' }, 'worker')
  if (standing.missing.length === 0) return
  throw new DqError('credentials', `Redis at ${redis.address}: ${lackText(standing)}; ${lackRemedy(standing)}`)
}
