import { setTimeout as sleep } from 'node:timers/promises'
import { Discard } from '../core/errors.ts'
import { defineTask } from '../core/handlers.ts'

/**
 * The handlers of the demo: a small shop. What they do depends on their payload alone, so that the outcome of each task is
 * known beforehand.
 */
interface Email {
  readonly to: string
  readonly template: string
}

/** A mailbox at `busy2.example` refuses twice before it takes the mail. */
const refusalsOf = (to: string): number => Number(/@busy(\d)\./.exec(to)?.[1] ?? 0)

const email = defineTask<Email>({
  type: 'email',
  queue: 'mail',
  priority: 'high',
  async run({ to, template }, { attempt, signal }) {
    await sleep(15 + (to.length % 20), undefined, { signal })
    if (to.endsWith('.invalid')) throw new Discard(`550 there is no mailbox ${to}`)
    if (attempt <= refusalsOf(to)) throw new Error('421 mailbox is busy, try again later')
    return { accepted: to, template }
  },
})

interface Thumbnail {
  readonly file: string
  readonly width: number
}

const thumbnail = defineTask<Thumbnail>({
  type: 'thumbnail',
  queue: 'media',
  priority: 'low',
  async run({ file, width }, { signal }) {
    await sleep(20 + width / 8, undefined, { signal })
    if (file.endsWith('.broken')) throw new Discard(`${file} is no image`)
    return { file: file.replace(/\.\w+$/, `-${width}.webp`) }
  },
})

interface Invoice {
  readonly customer: string
  readonly cents: number
}

const invoice = defineTask<Invoice>({
  type: 'invoice',
  async run({ customer, cents }, { signal }) {
    await sleep(30 + (cents % 40), undefined, { signal })
    if (cents < 0) throw new RangeError(`the total of ${customer} is below zero`)
    return { number: `2026-${customer.length}${cents}`, cents }
  },
})

interface Report {
  readonly month: string
  readonly rows: number
}

const report = defineTask<Report>({
  type: 'report',
  timeout: '20s',
  async run({ month, rows }, task) {
    for (let part = 1; part <= 5; part++) {
      await sleep(rows / 50, undefined, { signal: task.signal })
      task.progress(part / 5)
    }
    return { month, rows }
  },
})

const cleanup = defineTask<{ readonly folder: string }>({
  type: 'cleanup',
  priority: 'low',
  async run({ folder }, { signal }) {
    await sleep(10, undefined, { signal })
    return { folder, removed: folder.length }
  },
})

const rollup = defineTask<null>({
  type: 'rollup',
  async run(_, { signal }) {
    await sleep(25, undefined, { signal })
    return { ok: true }
  },
})

export default [email, thumbnail, invoice, report, cleanup, rollup]
