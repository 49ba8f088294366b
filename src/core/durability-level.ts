/**
 * Where a task is when its enqueue is answered. `memory`: in the memory of the primary; a crash of its machine or a takeover
 * can lose it. `replica`: a replica has it as well. `fsync`: it is on the primary's disk.
 */
export const DURABILITIES = ['memory', 'replica', 'fsync'] as const
export type Durability = (typeof DURABILITIES)[number]
/** Those that have to be waited for. */
export type Awaited = Exclude<Durability, 'memory'>

export const isAwaited = (level: Durability | undefined): level is Awaited => level !== undefined && level !== 'memory'

/** What a script answered, and how durable that was when it did. */
export class Reached {
  readonly reply: unknown
  readonly level: Durability

  constructor(reply: unknown, level: Durability) {
    this.reply = reply
    this.level = level
  }
}

/** Of the answer of a script that may have been waited for. */
export const reachedOf = (answer: unknown): { reply: unknown; durability: { durability: Durability } | undefined } =>
  answer instanceof Reached
    ? { reply: answer.reply, durability: { durability: answer.level } }
    : { reply: answer, durability: undefined }
