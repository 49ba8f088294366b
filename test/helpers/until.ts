import { setTimeout as pause } from 'node:timers/promises'

/** Behind a slow proxy (see `startRedis`) every step takes longer. */
const TIMEOUT_MS = process.env['DQ_TEST_PROXY'] === undefined ? 10_000 : 60_000

export interface UntilOptions {
  timeoutMs?: number
  everyMs?: number
  /** What is waited for, named in the error. */
  what?: string
}

/**
 * Waits until the condition gives a truthy value, and returns that value.
 * A condition that throws counts as not yet met, so that it may hold expectations.
 * @throws Error after `timeoutMs`; its cause is what the condition threw last.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = TIMEOUT_MS, everyMs = 10, what = 'the condition' }: UntilOptions = {},
): Promise<Exclude<Awaited<T>, false | null | undefined | 0 | ''>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let last: unknown
    let cause: Error | undefined
    try {
      last = await condition()
      if (last) return last as Exclude<Awaited<T>, false | null | undefined | 0 | ''>
    } catch (error) {
      cause = error instanceof Error ? error : new Error(JSON.stringify(error))
    }
    if (performance.now() >= deadline) {
      const seen = cause === undefined ? `it was ${String(last)}` : `it threw ${cause.message}`
      throw new Error(`waited ${timeoutMs} ms for ${what}; at the end ${seen}`, { cause })
    }
    await pause(everyMs)
  }
}
