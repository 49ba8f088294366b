import type { EncryptionOptions } from '../encryption/keyring.ts'
import type { Aborted } from '../errors.ts'
import type { LogLevel } from '../events.ts'
import type { RedisOptions } from '../redis.ts'

/** What a child is told once. As a message, since arguments and environment of a process can be read by others. */
export interface Welcome {
  readonly kind: 'welcome'
  readonly redis: RedisOptions
  readonly namespace: string
  /** The worker, for what the handler enqueues. */
  readonly by: string
}

/** One task to run. */
export interface Order {
  readonly kind: 'run'
  /** Names the run: what a child says of another one is not listened to. */
  readonly run: number
  /** URL of the module that exports the handler. */
  readonly module: string
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly attempt: number
  readonly maxAttempts: number
  readonly fence: number
  readonly payloadJson: string
  readonly keepsResult: boolean
  /** Keys for what the handler enqueues, and for the results that it asks for. */
  readonly encryption: EncryptionOptions | undefined
  /** Of its span in the worker, or as its producer gave it. */
  readonly traceparent: string | undefined
}

export type ToChild =
  | Welcome
  | Order
  | { readonly kind: 'abort'; readonly why: Aborted['why']; readonly message: string }

/** How a handler ended, as told by its child. */
export type Ending =
  | { readonly kind: 'returned'; readonly resultJson: string | undefined }
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'invalid_payload'; readonly message: string }
  | {
      readonly kind: 'threw'
      readonly name: string
      readonly message: string
      readonly stack: string | undefined
      /** Of a `Snooze`. */
      readonly delay: number | string | undefined
    }
  /** The handler could not be found or loaded there. */
  | { readonly kind: 'unloadable'; readonly message: string }

export type FromChild = { readonly run: number } & (
  | { readonly kind: 'progress'; readonly value: number }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly fieldsJson: string | undefined
    }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** It is about to die of what was thrown outside of a handler. */
  | { readonly kind: 'dying'; readonly message: string }
)

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error']
const isText = (value: unknown): boolean => typeof value === 'string'
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value)

function isEnding(value: unknown): value is Ending {
  if (typeof value !== 'object' || value === null) return false
  const { kind, resultJson, why, message, name, stack } = value as Readonly<Record<string, unknown>>
  if (kind === 'returned') return isTextOrNone(resultJson)
  if (kind === 'refused') return (why === 'malformed' || why === 'invalid_payload') && isText(message)
  if (kind === 'threw') return isText(name) && isText(message) && isTextOrNone(stack)
  return kind === 'unloadable' && isText(message)
}

/** Handlers share the channel with their child, and Node and others use it too: what is not ours is not listened to. */
export function isFromChild(value: unknown): value is FromChild {
  if (typeof value !== 'object' || value === null) return false
  const { run, kind, value: progress, level, message, fieldsJson, ending } = value as Readonly<Record<string, unknown>>
  if (typeof run !== 'number') return false
  if (kind === 'progress') return typeof progress === 'number' && Number.isFinite(progress)
  if (kind === 'log') return LEVELS.includes(level) && isText(message) && isTextOrNone(fieldsJson)
  return kind === 'dying' ? isText(message) : kind === 'ended' && isEnding(ending)
}
