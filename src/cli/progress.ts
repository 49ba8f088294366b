import { fstatSync } from 'node:fs'
import { count } from './text.ts'
import type { Input, Output } from './world.ts'

const EVERY_MS = 100
const WIDTH = 24

/** Bytes of a redirected file; undefined for a pipe or a terminal. */
export function inputBytes({ fd }: Input): number | undefined {
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    return stat.isFile() ? stat.size : undefined
  } catch {
    return undefined // closed: there is nothing to read, and no size
  }
}

/** One line on a terminal that is written over until it is cleared; silent where there is none. */
export class Progress {
  readonly #out: Output
  readonly #what: string
  readonly #startedAt = performance.now()
  #shownAt = 0

  constructor(out: Output, what: string) {
    this.#out = out
    this.#what = what
  }

  /** @param share of the whole that is done, 0 to 1; undefined when the whole is not known. */
  show(done: number, share: number | undefined): void {
    const now = performance.now()
    if (!this.#out.isTTY || now - this.#shownAt < EVERY_MS) return
    this.#shownAt = now
    const rate = Math.round(done / Math.max(0.001, (now - this.#startedAt) / 1_000))
    this.#out.write(`\r\x1b[K${bar(share)}${count(done)} ${this.#what}  ${count(rate)}/s`)
  }

  clear(): void {
    if (this.#shownAt > 0) this.#out.write('\r\x1b[K')
  }
}

function bar(share: number | undefined): string {
  if (share === undefined) return ''
  const part = Math.min(1, Math.max(0, share))
  const full = Math.round(part * WIDTH)
  const percent = `${Math.floor(part * 100)}%`.padStart(4)
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${percent}  `
}
