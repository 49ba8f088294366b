import { FORMAT, knownFormat } from './format.ts'
import { globalKeys, queueKeys } from './keys.ts'
import type { ScriptHost } from './redis.ts'
import { unrefused } from './unrefused.ts'

/**
 * Tells everybody that queues exist. What is new gets the format of the installation, and that the one of this version.
 * @throws DqError `format` when this version does not know what is stored; nothing was written then.
 */
export async function declareQueues(redis: ScriptHost, namespace: string, names: readonly string[]): Promise<void> {
  const { format, queues } = globalKeys(namespace)
  const [, stored] = await unrefused(redis, [
    ['SET', format, FORMAT, 'NX'],
    ['GET', format],
  ])
  const known = knownFormat(`what is stored under ${namespace}`, stored)
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
