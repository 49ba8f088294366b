import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Backup } from '../../../src/core/backup.ts'
import { wantsOf } from '../../../src/tui/app/wants.ts'
import { Runner } from '../../../src/tui/app/runner.ts'
import { Store } from '../../../src/tui/app/store.ts'
import { frameOf } from '../../../src/tui/app/frame.ts'
import { CLOCK } from '../../../src/tui/source/clock.ts'
import { Reader } from '../../../src/tui/source/reader.ts'
import { openSource } from '../../../src/tui/source/redis-source.ts'
import type { ConsoleSource } from '../../../src/tui/source/source.ts'
import { openingState } from '../../../src/tui/state/state.ts'
import { textOf } from '../../../src/tui/text/line.ts'
import { safeLine } from '../../../src/tui/text/safe.ts'

/** The console without a terminal, on a real Redis: keys in, rows of the screen out. */
export class Live {
  readonly store: Store
  readonly folder: string
  readonly #source: ConsoleSource
  readonly #reader: Reader
  readonly #runner: Runner
  readonly #jobs: Promise<void>[] = []
  #chunk = 0
  #atMs = Date.now()

  /** @param folder where files go. */
  constructor(source: ConsoleSource, folder: string, isProd: boolean) {
    this.folder = folder
    this.#source = source
    this.#reader = new Reader(source, CLOCK)
    const context = isProd ? { name: safeLine('prod-eu'), isProd } : undefined
    const about = { address: safeLine('here'), namespace: safeLine('dq'), isReadOnly: isProd, context }
    this.store = new Store(openingState(about, { columns: 120, rows: 40 }, 1000, this.#atMs))
    this.#runner = new Runner({
      source,
      store: this.store,
      onChanged: () => {},
      nowMs: () => this.#atMs,
      surroundings: { backup: (name) => Backup.create(join(folder, name)) },
    })
    this.store.onEffect = (effect) => {
      if (effect.kind === 'run') this.#jobs.push(this.#runner.run(effect.plan))
      if (effect.kind === 'collect') this.#jobs.push(this.#runner.collect(effect))
    }
  }

  /** One reading of what is shown now, and the screen after it. */
  async read(): Promise<string> {
    await Promise.all(this.#jobs.splice(0))
    await this.#source.ready(5_000)
    const { data } = this.store.state
    const update = await this.#reader.read(data, wantsOf(this.store.state))
    const readAtMs = Date.now()
    this.#atMs = Math.max(this.#atMs, readAtMs)
    const next = { ...data, ...update, link: { kind: 'up' }, readAtMs, goodReadings: 2 } as const
    this.store.send({ kind: 'data', atMs: this.#atMs, data: next })
    return this.screen()
  }

  screen(): string {
    return frameOf(this.store.state)
      .lines.map((line) => textOf(line).trimEnd())
      .join('\n')
  }

  press(...keys: readonly string[]): void {
    for (const key of keys) {
      this.#atMs += 300
      this.store.send({ kind: 'key', key, chunk: ++this.#chunk, atMs: this.#atMs })
    }
  }

  type(text: string): void {
    this.press(...text.split(''))
  }
}

/** Closed when the test ends. */
export async function live(url: string, namespace: string, { isProd = false } = {}): Promise<Live> {
  const source = openSource({ redis: { url }, namespace, by: 'dq-top:anna@ops' })
  const folder = await mkdtemp(join(tmpdir(), 'dq-live-'))
  onTestFinished(async () => {
    await source.close()
    await rm(folder, { recursive: true })
  })
  const top = new Live(source, folder, isProd)
  await top.read()
  return top
}
