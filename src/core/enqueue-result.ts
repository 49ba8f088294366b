import { parseRef } from './depend.ts'
import type { Durability } from './durability-level.ts'
import { DqError, messageOf } from './errors.ts'
import type { Json, TaskId } from './task.ts'
import type { EnqueueReply } from './verbs.ts'

export interface EnqueueResult<Result = Json | undefined> {
  readonly id: TaskId<Result>
  /** `duplicate` and `replaced`: `id` is of the task that was there. */
  readonly outcome: 'enqueued' | 'duplicate' | 'replaced'
  /** How durable it is, where a durability was asked for: that one, or `memory` when it was not reached in time. */
  readonly durability?: Durability
}

export type ItemResult = EnqueueResult | { readonly error: DqError }

export const asDqError = (error: unknown): DqError =>
  error instanceof DqError ? error : new DqError('unavailable', messageOf(error), { cause: error })

/** @param ref `queue/id` */
export function unknownParent(ref: string): DqError {
  const { queue, id } = parseRef(ref)
  return new DqError(
    'invalid_input',
    `parent ${id} is not known in queue ${queue}: its record may have expired; of another queue, name it as {id, queue}`,
    { details: ['dependsOn'] },
  )
}

export function resultOrError(id: string, reply: EnqueueReply): ItemResult {
  const durability = reply.durability === undefined ? undefined : { durability: reply.durability }
  if (reply.word === 'enqueued') return { id, outcome: 'enqueued', ...durability }
  if (reply.word === 'duplicate') return { id: reply.owner ?? id, outcome: 'duplicate', ...durability }
  if (reply.word === 'replaced') return { id: reply.owner ?? id, outcome: 'replaced', ...durability }
  if (reply.word === 'failed') return { error: asDqError(reply.error) }
  if (reply.word === 'unknown_parent') return { error: unknownParent(reply.owner ?? '') }
  if (reply.word === 'refused')
    return {
      error: new DqError('invalid_input', `task ${id} was refused with others of its flow`, { details: ['nodes'] }),
    }
  if (reply.word === 'conflict')
    return {
      error: new DqError('conflict', `id ${id} exists with other content; choose another id, or send the same task`, {
        details: ['id'],
      }),
    }
  if (reply.word === 'rate_limited')
    return {
      error: new DqError(
        'rate_limited',
        'rate limit exceeded: the queue takes no more of this type now; send it again later',
      ),
    }
  return { error: new DqError('payload_too_large', `task ${id} is too large`, { details: ['payload'] }) }
}

export function resultOf(id: string, reply: EnqueueReply): EnqueueResult {
  return unwrap(resultOrError(id, reply))
}

/** @throws DqError the error it is. */
export function unwrap(result: ItemResult): EnqueueResult {
  if ('error' in result) throw result.error
  return result
}
