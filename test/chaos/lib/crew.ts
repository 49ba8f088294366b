import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { OPTION_KEYS, ROWS } from '../../../src/config/rows.ts'
import { ROOT, type SpawnedNode, spawnNode } from '../../helpers/process.ts'
import { type Setting, TIMES } from './setting.ts'

const HANDLERS = join('test', 'chaos', 'fixtures', 'handlers.ts')
const BUILT = join(ROOT, 'bin', 'dq-daemon.js')
const SOURCE = join('src', 'daemon', 'main.ts')
const START_MS = 60_000
const SLOTS = ['--concurrency', '20']

/** Nothing of the environment of the run may reach a daemon. */
const CLEAN: Readonly<Record<string, undefined>> = Object.fromEntries(
  OPTION_KEYS.flatMap((key) => {
    const { env, aliases = [] } = ROWS[key]
    return [env, ...aliases.map((alias) => alias.env)].flatMap((name) => [
      [name, undefined],
      [`${name}_FILE`, undefined],
    ])
  }),
)

export interface Member {
  readonly process: SpawnedNode
  readonly pid: number
  /** Its name as a worker. */
  readonly id: string
}

export interface CrewOptions {
  readonly setting: Setting
  readonly namespace: string
  readonly effectsFile: string
  /** An empty folder, in which they run. */
  readonly folder: string
  readonly count: number
  /** Of the daemon in that place. */
  readonly redisUrl: (at: number) => string
  /** Where the sources of the daemon in that place are, when they are not those of the run. */
  readonly root?: ((at: number) => string) | undefined
  /** Added to what all have; by default the number of slots. */
  readonly args?: (at: number) => readonly string[]
}

/** Daemons in numbered places; one that is gone is replaced by another in the same place. */
export class Crew {
  kills = 0
  pauses = 0
  readonly #options: CrewOptions
  readonly #members: Member[] = []
  readonly #starting = new Map<number, Promise<void>>()

  constructor(options: CrewOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#options.count
  }

  get members(): readonly Member[] {
    return this.#members
  }

  at(place: number): Member {
    return this.#members[place]!
  }

  async startAll(): Promise<void> {
    await Promise.all(Array.from({ length: this.size }, (_, place) => this.start(place)))
  }

  async start(place: number): Promise<void> {
    const { setting, namespace, effectsFile, folder, redisUrl, root, args = () => SLOTS } = this.#options
    const { leaseMs, sweepMs } = TIMES[setting.profile]
    const sources = root?.(place) ?? ROOT
    const child = spawnNode(setting.built && sources === ROOT ? BUILT : join(sources, SOURCE), {
      cwd: folder,
      env: { ...CLEAN, DQ_TEST_EFFECTS: effectsFile, NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled') },
      args: [
        '--redis-url',
        redisUrl(place),
        '--namespace',
        namespace,
        '--handlers',
        join(sources, HANDLERS),
        '--lease-ttl',
        `${leaseMs}ms`,
        '--reaper-interval',
        `${sweepMs}ms`,
        '--roles',
        'worker,scheduler,reaper',
        ...args(place),
      ],
    })
    const [, id = ''] = await child.waitForLine(/"daemon\.started".*"id":"([^"]+)"/, { timeoutMs: START_MS })
    this.#members[place] = { process: child, pid: child.pid, id }
  }

  /** Starts a daemon in that place while the caller goes on; see `untilSpare` and `ready`. */
  restart(place: number): void {
    const started = this.start(place).then(() => void this.#starting.delete(place))
    started.catch(() => {}) // a daemon that does not start is a fault of whoever waits for it
    this.#starting.set(place, started)
  }

  /** Resolves once that daemon works, and enough of the others: work goes on, and somebody sweeps, without it. */
  async untilSpare(place: number): Promise<void> {
    await this.#starting.get(place)
    const most = Math.max(0, Math.floor(this.size / 2) - 1)
    while (this.#starting.size > most) await Promise.race(this.#starting.values())
  }

  /** Resolves once all work. */
  async ready(): Promise<void> {
    await Promise.all(this.#starting.values())
  }

  /** SIGKILL. @returns the member that was, and when it was killed, by `performance.now`. */
  async kill(place: number): Promise<{ member: Member; atMs: number }> {
    const member = this.at(place)
    const atMs = performance.now()
    member.process.kill('SIGKILL')
    await member.process.exit
    this.kills += 1
    return { member, atMs }
  }

  /** SIGTERM. @returns what was wrong with its end, in words. */
  async end(place: number): Promise<string[]> {
    const { process: child, id } = this.at(place)
    child.kill('SIGTERM')
    const { code, signal } = await child.exit
    return code === 0 ? [] : [`daemon ${id} ended with ${signal ?? code} after SIGTERM`]
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  async pause(place: number, ms: number): Promise<void> {
    const { process: child } = this.at(place)
    child.kill('SIGSTOP')
    await pause(ms)
    child.kill('SIGCONT')
    this.pauses += 1
  }

  /** @returns what was wrong, in words. */
  async endAll(): Promise<string[]> {
    return (await Promise.all(this.#members.map((_, place) => this.end(place)))).flat()
  }

  async drop(): Promise<void> {
    await Promise.all(
      this.#members.map(({ process: child }) => {
        child.kill('SIGKILL')
        return child.exit
      }),
    )
  }
}
