import type { z } from 'zod'
import type { ApiRole } from '../../core/api-keys.ts'
import type { EnqueueResult } from '../../core/enqueue-result.ts'
import type { Inspector } from '../../core/inspector.ts'
import type { Client } from '../../core/client.ts'
import type { Operations } from '../../core/operations.ts'
import type { Operator } from '../../core/operator.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import type { ScheduleInfo } from '../../core/task.ts'
import type { LiveTypes } from './live-types.ts'

export interface Producer extends Pick<Client, 'enqueueMany' | 'enqueueFlow'> {
  enqueue(type: string, payload: unknown, options: EnqueueOptions): Promise<EnqueueResult>
}

/** What the routes work with. */
export interface Api {
  readonly client: Producer
  readonly inspector: Inspector
  readonly types: LiveTypes
  /** Changes by hand, in the name of whoever sent the request. */
  readonly operator: (by: string) => Operator
  readonly operations: (by: string) => Operations
  /** Where the caller's key is for some queues only. @throws HttpError 403 for another one. */
  readonly mayUse: (queue: string) => void
  /** A schedule of any queue, whatever the key is for: names are shared by all. */
  readonly anySchedule: (name: string) => Promise<ScheduleInfo | undefined>
  /** Why this daemon is not ready, in one word. */
  readonly unready: () => string | undefined
  /** The same, asking Redis at this moment. */
  readonly readiness: () => Promise<string | undefined>
}

export interface Reply {
  /** Where it is not that of the route. */
  readonly status?: number
  readonly body: unknown
}

/** A call that works as it is written, for the description of the API. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Input<Q, B> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Q
  readonly body: B
  /** Who asks, for the audit. */
  readonly by: string
  /** Of the header; undefined where the route takes none. */
  readonly idempotencyKey: string | undefined
}

/** One route: everything about it in one row. */
export interface Route<Q = never, B = never> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** The role that a key has to have; `nothing` answers without a key and without Redis. */
  readonly needs: ApiRole | 'nothing'
  /** What it does; a sentence. */
  readonly about: string
  /** What a success brings. */
  readonly answers: string
  /** The shape of it, by status; for the description only, nothing is checked against it. */
  readonly replies: Readonly<Record<number, z.ZodType>>
  /** Of a success. Default 200. */
  readonly status?: number
  /** The reply is text, not JSON. */
  readonly text?: true
  readonly example?: Example
  /** Takes the header `Idempotency-Key`. */
  readonly idempotent?: true
  readonly query?: z.ZodType<Q>
  readonly body?: z.ZodType<B>
  /** The body as it is described, where `run` reads parts of it by itself. */
  readonly described?: z.ZodType
  /** Bytes of the body. Default 256 KiB. */
  readonly bodyLimit?: number
  /** Status when Redis is away, where an older interface says so. Default 503. */
  readonly unavailableStatus?: number
  readonly run: (api: Api, input: Input<Q, B>) => Promise<Reply> | Reply
}

/** Declares a route; the input of `run` has the types of its schemas. */
export const route = <Q = undefined, B = undefined>(row: Route<Q, B>): Route => row as unknown as Route
