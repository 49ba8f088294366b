import type { EncryptionOptions } from '../encryption/keyring.ts'
import type { RedisOptions } from '../redis.ts'
import type { Settings } from '../worker/options.ts'
import { Child, type ChildKind } from './child-handle.ts'

/** Where one task has to run, when not beside the others. */
export interface Place {
  readonly kind: ChildKind
  readonly module: string
  /** It is there as a suspect: its type may well run inline. */
  readonly isSuspect: boolean
}

/** One that waits for work so long is ended. */
const IDLE_MS = 60_000
/** Suspects that run at the same time, each in a process of its own. */
const SUSPECTS_MOST = 4
/** How often in a row a worker died beside a task before it is a suspect; see `lua/lib/attempts.lua`. */
const SUSPECTED = 2

interface Idle {
  readonly child: Child
  readonly timer: NodeJS.Timeout
}

/**
 * The processes and threads of a worker in which handlers run by themselves: a pool for each isolated type, and one for
 * suspects. Every run keeps its slot of the worker, so a pool never holds more than that has slots.
 */
export class Children {
  readonly #settings: Settings
  readonly #redis: RedisOptions
  readonly #idle = new Map<string, Idle[]>()
  readonly #busy = new Set<Child>()
  readonly #unloadable = new Set<string>()
  readonly #suspectsMost: number
  #suspects = 0
  #isClosed = false
  #contains: string | undefined

  constructor(settings: Settings, redis: RedisOptions) {
    this.#settings = settings
    this.#redis = redis
    this.#suspectsMost = Math.min(SUSPECTS_MOST, Math.ceil(settings.slots / 4))
  }

  /** For how many further suspects there is a process. */
  get spare(): number {
    return this.#suspectsMost - this.#suspects
  }

  /** Keys for what runs in them. */
  get encryption(): EncryptionOptions | undefined {
    return this.#settings.keyring?.options
  }

  /** The types that can run in a process of their own, in the form of `ClaimRequest.contains`. */
  get contains(): string {
    if (this.#contains !== undefined) return this.#contains
    const { tasks } = this.#settings
    const types = Array.from(tasks.keys()).filter((type) => this.#containable(type) !== undefined)
    this.#contains = types.length === 0 ? '' : types.length === tasks.size ? '*' : ` ${types.join(' ')} `
    return this.#contains
  }

  #containable(type: string): string | undefined {
    const task = this.#settings.tasks.get(type)
    return task?.isolation === 'inline' || this.#unloadable.has(type) ? undefined : task?.module
  }

  /** @returns undefined for what runs beside the others, or alone. */
  placeOf(type: string, suspect: number, isAlone: boolean): Place | undefined {
    const task = this.#settings.tasks.get(type)
    const module = this.#containable(type)
    if (module !== undefined && suspect >= SUSPECTED && !isAlone) return { kind: 'process', module, isSuspect: true }
    if (task?.isolation === 'thread' || task?.isolation === 'process')
      return { kind: task.isolation, module: task.module!, isSuspect: false }
    return undefined
  }

  /** @throws what the machine has against a further process or thread. */
  take(type: string, { kind, isSuspect }: Place): Child {
    const child = this.#idleOf(type, isSuspect) ?? this.#start(kind)
    if (isSuspect) this.#suspects++
    this.#busy.add(child)
    return child
  }

  #start(kind: ChildKind): Child {
    this.#endLongestIdle()
    const { namespace, id } = this.#settings
    return new Child(kind, { kind: 'welcome', redis: this.#redis, namespace, by: id })
  }

  /** All pools together keep no more children than there are slots. */
  #endLongestIdle(): void {
    let count = this.#busy.size + 1
    for (const pool of this.#idle.values()) count += pool.length
    for (const pool of this.#idle.values())
      while (count > this.#settings.slots && pool.length > 0) {
        const { child, timer } = pool.shift()!
        clearTimeout(timer)
        child.kill()
        count--
      }
  }

  #idleOf(type: string, isSuspect: boolean): Child | undefined {
    const idle = this.#idle.get(poolOf(type, isSuspect)) ?? []
    while (idle.length > 0) {
      const { child, timer } = idle.pop()!
      clearTimeout(timer)
      if (child.isAlive) return child
    }
    return undefined
  }

  /** Its run has ended, or it has. */
  giveBack(type: string, { isSuspect }: Place, child: Child): void {
    if (isSuspect) this.#suspects--
    this.#busy.delete(child)
    if (!child.isAlive) return
    if (this.#isClosed) return child.kill()
    const pool = poolOf(type, isSuspect)
    const idle = this.#idle.get(pool) ?? []
    this.#idle.set(pool, idle)
    const timer = setTimeout(() => {
      this.#idle.set(
        pool,
        (this.#idle.get(pool) ?? []).filter((one) => one.child !== child),
      )
      child.kill()
    }, IDLE_MS)
    timer.unref()
    idle.push({ child, timer })
  }

  /** Its module cannot be loaded in a process of its own, so its suspects have to run alone. */
  cannotContain(type: string): void {
    this.#unloadable.add(type)
    this.#contains = undefined
  }

  close(): void {
    this.#isClosed = true
    for (const { child, timer } of Array.from(this.#idle.values()).flat()) {
      clearTimeout(timer)
      child.kill()
    }
    this.#idle.clear()
    for (const child of this.#busy) child.kill()
  }
}

const poolOf = (type: string, isSuspect: boolean): string => (isSuspect ? '' : type)
