import type { NewTaskItem } from './client.ts'
import type { Keyring } from './encryption/keyring.ts'
import { type Protection, protectionOf } from './encryption/protection.ts'
import { DqError } from './errors.ts'
import { type TaskDefinition, validatePayload } from './handlers.ts'
import { idGenerator } from './ids.ts'
import { type EnqueueOptions, type Prepared, prepareTask, type TypeDefaults } from './options.ts'
import type { Persistent } from './persistent.ts'
import type { TypeRegistry } from './registry.ts'

/** Makes tasks of what a producer gives: ids, defaults of their types, checks, encoding. */
export class Preparer {
  readonly #types: TypeRegistry
  readonly #persistent: Persistent
  readonly #idempotencyTtlMs: number
  readonly #protection: Protection | undefined
  readonly #nextId = idGenerator()

  constructor(types: TypeRegistry, persistent: Persistent, idempotencyTtlMs: number, keyring: Keyring | undefined) {
    this.#types = types
    this.#persistent = persistent
    this.#idempotencyTtlMs = idempotencyTtlMs
    this.#protection = protectionOf(keyring)
  }

  #typeOf(type: string): TypeDefaults | undefined | Promise<TypeDefaults | undefined> {
    const known = this.#types.get(type)
    return known instanceof Promise ? this.#persistent.repeat('type', async () => this.#types.get(type)) : known
  }

  /** What is registered of the types of a batch, each read once, so that the items need not wait one by one. */
  async learnTypes(items: readonly NewTaskItem[]): Promise<Map<string, TypeDefaults | undefined>> {
    const types = Array.from(new Set(items.map(({ type }) => type))).filter((type) => typeof type === 'string')
    return new Map(await Promise.all(types.map(async (type) => [type, await this.#typeOf(type)] as const)))
  }

  /** @param traceparent for a task that was given none of its own. */
  prepareOrRefuse(
    { type, payload, ...options }: NewTaskItem,
    defaults: TypeDefaults | undefined,
    traceparent: string | undefined,
  ): Prepared | DqError {
    try {
      return this.#prepare(type, payload, options, defaults, traceparent)
    } catch (error) {
      if (error instanceof DqError && isRefusal(error)) return error
      throw error
    }
  }

  /** Of a definition its payload is checked first. */
  async prepareAny(
    task: string | TaskDefinition,
    payload: unknown,
    options: EnqueueOptions,
    traceparent: string | undefined,
  ): Promise<Prepared> {
    if (typeof task === 'string') return this.#prepare(task, payload, options, await this.#typeOf(task), traceparent)
    return this.#prepare(task.type, await validatePayload<unknown>(task, payload), options, task, traceparent)
  }

  #prepare(
    type: string,
    payload: unknown,
    options: EnqueueOptions,
    defaults: TypeDefaults | undefined,
    traceparent: string | undefined,
  ): Prepared {
    return prepareTask(type, payload, options, defaults ?? {}, {
      traceparent,
      nextId: this.#nextId,
      nowMs: Date.now(),
      idempotencyTtlMs: this.#idempotencyTtlMs,
      protection: this.#protection,
    })
  }
}

/** Whether an error is about one item, so that the others go on. */
const isRefusal = (error: DqError): boolean =>
  ['invalid_input', 'not_supported', 'payload_too_large'].includes(error.code)
