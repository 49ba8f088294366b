import { aTask, type TestQueue } from './engine.ts'

/** A slot, and the one after it, ms. */
export const SLOT = 1_700_000_060_000
export const MINUTE = 60_000
export const NEXT = SLOT + MINUTE
export const EXTRAS = `h=${aTask('x', { own: true }).contentHash}`

type Given = Partial<Record<'rev' | 'run' | 'why' | 'overlap' | 'priority', string>> &
  Partial<Record<'first' | 'due', number>> & { readonly passed?: number | '?' }

/** The schedule `s` on the queue of the present test. */
export interface Firing {
  readonly schedule: (next: number, rev?: string) => Promise<unknown>
  /** @param expected the slot a caller saw. @param next the one after it. */
  readonly fire: (expected: number, next: number | '', given?: Given) => Promise<unknown>
  readonly history: () => Promise<string>
}

export const firing = (queue: () => TestQueue): Firing => ({
  schedule: (next, rev = 'r.r') => queue().run('schedule', { name: 's', was: '', rev, next, carried: '', ahead: '' }),
  fire(expected, next, given = {}) {
    const { envelope } = aTask('any', { own: true })
    const run = given.run ?? String(expected)
    const due = run === '' ? 0 : expected
    const what = { rev: 'r.r', why: 'm', first: 0, passed: 0, overlap: 'allow', priority: 'd', due, ...given, run }
    return queue().run('fire', { name: 's', expected, next, type: 'mail', envelope, ...what })
  },
  history: async () => String((await queue().state())['runs']?.['s' as never]),
})
