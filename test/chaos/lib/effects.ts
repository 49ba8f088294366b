import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

/** One line of a handler: it began a task, or did it. */
export interface Effect {
  readonly what: 'began' | 'did'
  readonly id: string
  readonly attempt: number
  readonly pid: number
  /** By the clock of the process, ms since the epoch. */
  readonly atMs: number
}

const CHUNK_BYTES = 1 << 20

/** Reads what handlers have left in their file. */
export class Effects {
  readonly file: string
  /** In the order in which they were written. */
  readonly all: Effect[] = []
  /** How often each task was done. */
  readonly done = new Map<string, number>()
  /** How often any task was done. */
  executions = 0
  readonly #fd: number
  readonly #decoder = new StringDecoder('utf8')
  readonly #buffer = Buffer.alloc(CHUNK_BYTES)
  #rest = ''

  constructor(file: string) {
    this.file = file
    writeFileSync(file, '')
    this.#fd = openSync(file, 'r')
  }

  /** Takes in what was written since. */
  read(): this {
    for (;;) {
      const bytes = readSync(this.#fd, this.#buffer, 0, CHUNK_BYTES, null)
      if (bytes === 0) return this
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, bytes))).split('\n')
      this.#rest = lines.pop()!
      for (const line of lines) this.#note(line)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #note(line: string): void {
    const [what, id, attempt, pid, atMs] = line.split(' ')
    if ((what !== 'began' && what !== 'did') || id === undefined) throw new Error(`'${line}' is no effect`)
    this.all.push({ what, id, attempt: Number(attempt), pid: Number(pid), atMs: Number(atMs) })
    if (what === 'began') return
    this.executions += 1
    this.done.set(id, (this.done.get(id) ?? 0) + 1)
  }
}
