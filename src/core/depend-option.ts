import { z } from 'zod'
import { type Edge, type FailurePolicy, type ParentRef, PARENTS_MOST, POLICIES, refOf } from './depend.ts'
import { DqError } from './errors.ts'
import { ID, NAME } from './keys.ts'

/** Of one task, on which others it depends. */
export interface DependOptions {
  /**
   * Tasks that have to complete first, at most 1,000: ids of the same queue, or with a queue and a policy of their own. A
   * `delay` begins when the last of them has.
   */
  readonly dependsOn?: readonly (string | ParentRef)[] | undefined
  /**
   * When one of them dies, is cancelled or purged: `fail` (default) the task is dead with reason `parent_failed`; `ignore`
   * it runs as if it had completed; `wait` until it is replayed and completes, and only what cannot be replayed fails it.
   */
  readonly onParentFailure?: FailurePolicy | undefined
}

const id = z.string().regex(ID, 'the id of a task has to be 1 to 128 letters, digits, . _ : or -')
const queue = z.string().regex(NAME, 'a queue name has to be 1 to 64 letters, digits, . _ : or -')
const policy = z.enum(POLICIES, `has to be one of ${POLICIES.join(', ')}`)

export const dependShape = {
  dependsOn: z
    .array(z.union([id, z.strictObject({ id, queue: queue.optional(), onFailure: policy.optional() })]))
    .max(PARENTS_MOST, `a task has at most ${PARENTS_MOST} parents; put tasks between that collect them`)
    .optional(),
  onParentFailure: policy.optional(),
}

/** @throws DqError `invalid_input` for a policy without parents, and for a unique task with some. */
export function checkDepend(options: DependOptions & { readonly unique?: unknown }): void {
  if (options.unique !== undefined && options.dependsOn !== undefined)
    throw new DqError('invalid_input', 'a unique task cannot depend on others; keep unique or dependsOn', {
      details: ['unique', 'dependsOn'],
    })
  if (options.onParentFailure === undefined || options.dependsOn !== undefined) return
  throw new DqError('invalid_input', 'onParentFailure says nothing without dependsOn; name the parents', {
    details: ['onParentFailure'],
  })
}

/** What makes a task another one, of its edges. */
export const edgeText = (edge: Edge): string => `${edge.policy} ${refOf(edge)}`
