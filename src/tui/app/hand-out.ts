import { messageOf } from '../../core/errors.ts'
import { taskToWire } from '../../core/wire.ts'
import type { ConsoleSource, TaskRef } from '../source/source.ts'
import type { Copied } from '../state/copied.ts'
import { csvOf, plainJson, stampOf } from '../text/export.ts'
import { plural } from '../text/format.ts'
import { type Safe, safeBlock, safeLine, say } from '../text/safe.ts'
import { clipboardSequence } from '../tty/clipboard.ts'
import type { Surroundings } from '../tty/surroundings.ts'
import { Editing } from './editing.ts'
import type { Store } from './store.ts'
import type { Result } from './result.ts'

export interface HandOutOptions {
  readonly source: ConsoleSource
  readonly store: Store
  readonly nowMs: () => number
  readonly surroundings: Surroundings
  /** Straight to the terminal: it moves nothing on the screen. */
  readonly write: (sequence: string) => void
  /** Lends the terminal meanwhile. */
  readonly lend: (work: () => Promise<void>) => Promise<void>
}

type Export = Extract<Copied, { kind: 'export' }>

/** So many tasks are read at once. */
const TOGETHER = 50

/** Copies to the clipboard, writes to files and gives to a pager or an editor what the operator asked for. */
export class HandOut {
  readonly #options: HandOutOptions
  readonly #editing: Editing

  constructor(options: HandOutOptions) {
    this.#options = options
    this.#editing = new Editing(options)
  }

  async run(effect: Copied): Promise<void> {
    try {
      const result = await this.#carryOut(effect)
      if (result !== undefined) this.#say(result)
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}`, tone: 'bad' })
    }
  }

  #carryOut(effect: Copied): Promise<Result | undefined> {
    switch (effect.kind) {
      case 'copy':
        return this.#copy(effect.what, effect.text)
      case 'copy-task':
        return this.#copyTask(effect)
      case 'export':
        return this.#export(effect)
      case 'edit':
        return this.#editing.run(effect.ref)
      case 'page':
        return this.#page(effect)
    }
  }

  async #copy(what: Safe, text: string): Promise<Result> {
    const { surroundings, write, nowMs } = this.#options
    const sequence = clipboardSequence(text, surroundings.env)
    if (sequence === undefined) {
      const path = await surroundings.save(`dq-top-copy-${stampOf(nowMs())}.txt`, text)
      return { text: say`${safeLine(path)} has ${what}: too much for this clipboard`, tone: 'plain' }
    }
    write(sequence)
    return { text: say`copied ${what} to the clipboard of the terminal`, tone: 'good' }
  }

  async #copyTask({ what, ref }: Extract<Copied, { kind: 'copy-task' }>): Promise<Result> {
    const task = await this.#options.source.reads.task(ref.id, ref.queue)
    if (task === undefined) return { text: say`this task is nowhere any more`, tone: 'warn' }
    if (what === 'payload') return this.#copy(say`the payload`, plainJson(task.payload, 2))
    if (what === 'json') return this.#copy(say`the task as JSON`, plainJson(taskToWire(task), 2))
    const error = task.error?.stack ?? task.error?.message
    if (error === undefined) return { text: say`this task has no error`, tone: 'plain' }
    return this.#copy(say`the error`, safeBlock(error).join('\n'))
  }

  async #export(effect: Export): Promise<Result> {
    const { surroundings, nowMs } = this.#options
    const { format, list, heads, cells } = effect
    const [text, n] = format === 'csv' ? [csvOf(heads, cells), cells.length] : await this.#jsonLines(effect)
    const path = await surroundings.save(`dq-top-${list}-${stampOf(nowMs())}.${format}`, text)
    return { text: say`wrote ${plural(n, say`row`)} to ${safeLine(path)}`, tone: 'good' }
  }

  /** Tasks in full, read anew; rows that are no tasks as they are shown. */
  async #jsonLines({ refs, heads, cells }: Export): Promise<readonly [string, number]> {
    const rows =
      refs.length > 0
        ? await this.#tasks(refs)
        : cells.map((row) =>
            plainJson(Object.fromEntries(row.map((cell, at) => [heads[at]?.toLowerCase(), cell.trim()]))),
          )
    return [rows.map((row) => `${row}\n`).join(''), rows.length]
  }

  async #tasks(refs: readonly TaskRef[]): Promise<readonly string[]> {
    const { source, store } = this.#options
    const lines: string[] = []
    for (let from = 0; from < refs.length; from += TOGETHER) {
      const some = refs.slice(from, from + TOGETHER)
      const tasks = await Promise.all(some.map(({ id, queue }) => source.reads.task(id, queue)))
      lines.push(...tasks.flatMap((task) => (task === undefined ? [] : [plainJson(taskToWire(task))])))
      const done = { label: say`writing`, done: from + some.length, total: refs.length, skipped: 0, isStopping: false }
      store.send({ kind: 'job', job: done })
    }
    return lines
  }

  async #page({ title, lines }: Extract<Copied, { kind: 'page' }>): Promise<undefined> {
    const { surroundings, lend } = this.#options
    await lend(() => surroundings.page(`${title}\n\n${lines.join('\n')}\n`))
  }

  #say(result: Result): void {
    this.#options.store.send({ kind: 'changed', result, atMs: this.#options.nowMs() })
  }
}
