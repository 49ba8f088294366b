import type { TaskInfo } from '../../core/task.ts'
import type { ConsoleReads } from '../source/source.ts'
import { filterOf } from '../state/filter.ts'
import { countOfParts } from '../state/operation-plans.ts'
import type { Act, IdSet, OperationPart } from '../state/plan.ts'
import { stampOf } from '../text/export.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { BackupFile, Surroundings } from '../tty/surroundings.ts'
import type { Course } from './bulk.ts'
import type { Result } from './result.ts'

type Operate = Extract<Act, { kind: 'operate' }>

const PAGE = 500

export interface KeepOptions {
  readonly reads: ConsoleReads
  readonly surroundings: Pick<Surroundings, 'backup'>
  readonly nowMs: () => number
}

/** Writes dead tasks to a file before they are purged: what is not on the disk is not purged. */
export class Keep {
  readonly #options: KeepOptions
  #file: BackupFile | undefined

  constructor(options: KeepOptions) {
    this.#options = options
  }

  /** What there is to be said of the file. */
  get note(): Safe | undefined {
    return this.#file === undefined
      ? undefined
      : say`${safeLine(this.#file.path)} has ${this.#file.count === 1 ? say`it` : say`all ${this.#file.count}`}`
  }

  async #write(tasks: readonly TaskInfo[]): Promise<void> {
    const { surroundings, nowMs } = this.#options
    this.#file ??= await surroundings.backup(`dq-top-purged-${stampOf(nowMs())}.jsonl`)
    await this.#file.write(tasks)
  }

  /** @returns the ids of those that are dead and on the disk now. */
  async set({ queue, ids }: IdSet): Promise<readonly string[]> {
    const tasks = await Promise.all(ids.map((id) => this.#options.reads.task(id, queue)))
    const dead = tasks.filter((task) => task?.state === 'dead') as TaskInfo[]
    await this.#write(dead)
    return dead.map(({ id }) => id)
  }

  /** All that an operation is about. @returns why it must not begin; undefined: each is on the disk. */
  async all({ parts, filter }: Operate, course: Course): Promise<Result | undefined> {
    const total = countOfParts(parts)
    let written = 0
    for (const part of parts)
      for await (const tasks of this.#pages(part, filter)) {
        if (course.isStopped()) return { text: say`stopped: nothing was purged`, tone: 'plain' }
        await this.#write(tasks)
        written += tasks.length
        course.progress(say`writing the backup`, written, total, 0)
      }
    if (written === total) return undefined
    const text = say`the backup has ${written} of ${total}: some changed meanwhile, nothing was purged; ask again`
    return { text, tone: 'warn' }
  }

  async *#pages({ queue, beforeMs }: OperationPart, filter: string): AsyncGenerator<readonly TaskInfo[]> {
    const { matches } = filterOf(filter)
    let cursor: string | undefined
    do {
      const options = { limit: PAGE, beforeMs, ...(cursor === undefined ? {} : { cursor }) }
      const page = await this.#options.reads.deadPage(queue, options)
      yield page.items.filter((task) => (task.finishedAtMs ?? 0) < beforeMs && matches(task, beforeMs - 1))
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}
