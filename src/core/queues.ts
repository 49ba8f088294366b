import { knownFormat, unwrittenFormat } from './format.ts'
import { globalKeys, queueKeys } from './keys.ts'
import type { ScriptHost } from './redis.ts'
import { unrefused } from './unrefused.ts'

/** The format of the installation, written down where it was not. */
async function writtenFormat(redis: ScriptHost, namespace: string): Promise<unknown> {
  const { format, queues } = globalKeys(namespace)
  const [stored, used] = await unrefused(redis, [
    ['GET', format],
    ['EXISTS', queues],
  ])
  if (stored !== null) return stored
  // Whoever is first decides for all.
  const [, decided] = await unrefused(redis, [
    ['SET', format, unwrittenFormat(used === 1), 'NX'],
    ['GET', format],
  ])
  return decided
}

/**
 * Tells everybody that queues exist. New ones get the format of the installation.
 * @throws DqError `format` when this version does not know what is stored; none of the queues was touched then.
 */
export async function declareQueues(redis: ScriptHost, namespace: string, names: readonly string[]): Promise<void> {
  const { queues } = globalKeys(namespace)
  const known = knownFormat(`what is stored under ${namespace}`, await writtenFormat(redis, namespace))
  const each = names.map(async (name) => {
    const { meta } = queueKeys(namespace, name, '')
    const [, own] = await unrefused(redis, [
      ['HSETNX', meta, 'format', known],
      ['HGET', meta, 'format'],
    ])
    knownFormat(`queue ${name}`, own)
  })
  await Promise.all([unrefused(redis, [['SADD', queues, ...names]]), ...each])
}

/** Declares queues once per process. */
export class QueueRegistry {
  readonly #redis: ScriptHost
  readonly #namespace: string
  readonly #told = new Map<string, Promise<unknown>>()

  constructor(redis: ScriptHost, namespace: string) {
    this.#redis = redis
    this.#namespace = namespace
  }

  async register(queue: string): Promise<void> {
    let told = this.#told.get(queue)
    if (told === undefined) {
      told = declareQueues(this.#redis, this.#namespace, [queue])
      this.#told.set(queue, told)
      told.catch(() => this.#told.delete(queue))
    }
    await told
  }
}
