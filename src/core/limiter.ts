import { encodeRule, type LimitRule, type LimitSource, scopeOf } from './limit-rules.ts'
import { decodeLetters, type WordOf } from './replies.ts'
import type { ScriptRunner } from './runner.ts'
import { SCRIPTS } from './scripts.ts'

/** Of one call: each may have thousands of keys to look at. */
const AT_ONCE = 5
/** Of `unstick`: this side has been looked through. */
const DONE = -1

/** One limit to set: of a type, or of the whole queue; without a rule it is taken away. */
export interface NewLimit {
  readonly type: string | undefined
  readonly rule: LimitRule | undefined
}

/** The limits of queues: which there are, and that nothing waits for ever under one. */
export class Limiter {
  readonly #scripts: ScriptRunner

  constructor(scripts: ScriptRunner) {
    this.#scripts = scripts
  }

  /** @param source `hand`, or `code` for what workers declare, which never replaces what was set by hand. */
  async set(queue: string, limits: readonly NewLimit[], source: LimitSource, by: string): Promise<WordOf<'limit'>[]> {
    const words: WordOf<'limit'>[] = []
    for (let at = 0; at < limits.length; at += AT_ONCE) {
      const part = limits.slice(at, at + AT_ONCE)
      const items = part.flatMap(({ type, rule }) => [scopeOf(type), rule === undefined ? '' : encodeRule(rule)])
      const reply = await this.#scripts.call(queue, SCRIPTS.limit, { by, source, items })
      words.push(...decodeLetters('limit', reply, part.length).words)
    }
    return words
  }

  /** Proves that nothing waits for a slot that nobody will free. @returns slots that were given back. */
  async unstick(queue: string): Promise<number> {
    let given = 0
    let [from, cursor] = [0, 0]
    do {
      const reply = (await this.#scripts.run(queue, SCRIPTS.unstick, { from, cursor })) as number[]
      given += reply[0] ?? 0
      ;[from, cursor] = [reply[2] || DONE, reply[3] || DONE]
    } while (from !== DONE || cursor !== DONE)
    return given
  }
}

/** Limits as a person sets them; each change leaves a line in the audit. */
export class HandLimits {
  readonly #limiter: Limiter
  readonly #by: string

  constructor(limiter: Limiter, by: string) {
    this.#limiter = limiter
    this.#by = by
  }

  /**
   * Sets the limit of a queue, or of one type in it; undefined takes it away. It holds at once, and what workers declare
   * does not replace it.
   */
  async set(
    queue: string,
    type: string | undefined,
    rule: LimitRule | undefined,
  ): Promise<'set' | 'removed' | 'unchanged'> {
    const [word] = await this.#limiter.set(queue, [{ type, rule }], 'hand', this.#by)
    return word === 'kept' || word === undefined ? 'unchanged' : word
  }
}
