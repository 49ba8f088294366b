import { type Config, embeddedPlaces, findEmbedded, loadConfig } from '../config.ts'
import { DqError, messageOf } from '../core/errors.ts'
import { Inspector } from '../core/inspector.ts'
import { openRedis, type RedisClient } from '../core/redis.ts'
import { EXIT } from './exit-codes.ts'
import { findRedisServer } from './find-redis.ts'
import { examine, type Finding } from './redis-check.ts'
import { type Surroundings, tasksOf } from './run.ts'
import { visible } from './visible.ts'

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const
const CONNECT_MS = 2_000

type Print = (line: string) => void

const codeOf = (findings: readonly Finding[]): number =>
  findings.some(({ level }) => level === 'fail') ? EXIT.failure : EXIT.ok

async function examineAt(
  redis: RedisClient,
  options: Pick<Config, 'namespace' | 'allowEviction' | 'queues'>,
): Promise<Finding[]> {
  await redis.ready(CONNECT_MS)
  const reached: Finding = { level: 'ok', text: `Redis answers at ${redis.address}` }
  return [reached, ...(await examine(redis, new Inspector(redis, options.namespace), options))]
}

/** `dq-daemon check`: tries the configuration on the Redis it names. Changes nothing. @returns the exit code. */
export async function check({ argv, env, cwd }: Surroundings, print: Print): Promise<number> {
  const config = loadConfig(argv, env, cwd)
  const tell = ({ level, text }: Finding): void => print(`${MARK[level]}  ${visible(text)}`)
  for (const text of config.warnings) tell({ level: 'warn', text })
  const tasks = await tasksOf(config)
  tell({ level: 'ok', text: `configuration, with ${tasks.length} task types` })
  const running = config.embedded ? await findEmbedded(env, config.namespace) : undefined
  if (config.embedded && running === undefined) {
    const program = findRedisServer()
    const places = embeddedPlaces(env, config.namespace)
    if (program === undefined) tell({ level: 'fail', text: '--embedded needs redis-server 7.0 or newer on the PATH' })
    else tell({ level: 'ok', text: `${program} will be started for ${places.folder}` })
    return program === undefined ? EXIT.failure : EXIT.ok
  }
  const redis = openRedis({ ...(running === undefined ? config.redis : { url: running }), name: 'dq-daemon-check' })
  try {
    const findings = await examineAt(redis, config)
    findings.forEach(tell)
    return codeOf(findings)
  } catch (error) {
    tell({ level: 'fail', text: messageOf(error) })
    return error instanceof DqError && error.code === 'credentials' ? EXIT.credentials : EXIT.failure
  } finally {
    redis.drop()
  }
}
