import type { z } from 'zod'
import type { Inspector } from '../../core/inspector.ts'
import type { Client } from '../../core/client.ts'
import type { Operator } from '../../core/operator.ts'
import type { LiveTypes } from './live-types.ts'

/** What the routes work with. */
export interface Api {
  readonly client: Client
  readonly inspector: Inspector
  readonly types: LiveTypes
  /** Changes by hand, in the name of whoever sent the request. */
  readonly operator: (by: string) => Operator
  /** Why this daemon is not ready, in one word. */
  readonly unready: () => string | undefined
}

export interface Reply {
  /** Default 200. */
  readonly status?: number
  readonly body: unknown
  /** The body is text, not JSON. */
  readonly text?: true
}

export interface Input<Q, B> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Q
  readonly body: B
  /** Who asks, for the audit. */
  readonly by: string
}

/** One route: everything about it in one row. */
export interface Route<Q = never, B = never> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Answers without a key and without Redis. */
  readonly open?: true
  readonly query?: z.ZodType<Q>
  readonly body?: z.ZodType<B>
  /** Bytes of the body. Default 256 KiB. */
  readonly bodyLimit?: number
  /** Status when Redis is away, where an older interface says so. Default 503. */
  readonly unavailableStatus?: number
  readonly run: (api: Api, input: Input<Q, B>) => Promise<Reply> | Reply
}

/** Declares a route; the input of `run` has the types of its schemas. */
export const route = <Q = undefined, B = undefined>(row: Route<Q, B>): Route => row as unknown as Route
