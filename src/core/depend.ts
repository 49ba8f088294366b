import { DqError } from './errors.ts'

/** What becomes of a task when one that it depends on does not complete; see `EnqueueOptions.onParentFailure`. */
export const POLICIES = ['fail', 'ignore', 'wait'] as const
export type FailurePolicy = (typeof POLICIES)[number]

/** A task that another one depends on. */
export interface ParentRef {
  readonly id: string
  /** Default: the queue of the task that depends on it. */
  readonly queue?: string | undefined
  /** Default: `onParentFailure`. */
  readonly onFailure?: FailurePolicy | undefined
}

/** One edge of a new task. */
export interface Edge {
  readonly queue: string
  readonly id: string
  readonly policy: FailurePolicy
  /** The parent is enqueued after its child, and nobody looks for it before. */
  readonly comes?: boolean
}

export const PARENTS_MOST = 1_000

const refuse = (message: string): DqError => new DqError('invalid_input', message, { details: ['dependsOn'] })

/** How scripts name a task of any queue. */
export const refOf = ({ queue, id }: { readonly queue: string; readonly id: string }): string => `${queue}/${id}`

export function parseRef(ref: string): { queue: string; id: string } {
  const slash = ref.indexOf('/')
  return { queue: ref.slice(0, slash), id: ref.slice(slash + 1) }
}

/**
 * The edges of one task, each parent once.
 * @throws DqError `invalid_input` when it depends on itself, on one parent in two ways, or on too many.
 */
export function edgesOf(
  dependsOn: readonly (string | ParentRef)[],
  onParentFailure: FailurePolicy,
  child: { readonly queue: string; readonly id: string },
): Edge[] {
  const edges = new Map<string, Edge>()
  for (const entry of dependsOn) {
    const parent = typeof entry === 'string' ? { id: entry } : entry
    const edge = {
      id: parent.id,
      queue: parent.queue ?? child.queue,
      policy: parent.onFailure ?? onParentFailure,
    }
    const ref = refOf(edge)
    if (ref === refOf(child)) throw refuse(`task ${child.id} cannot depend on itself`)
    const other = edges.get(ref)
    if (other !== undefined && other.policy !== edge.policy)
      throw refuse(`parent ${edge.id} is named twice, with '${other.policy}' and with '${edge.policy}'; keep one`)
    edges.set(ref, edge)
  }
  if (edges.size > PARENTS_MOST)
    throw refuse(
      `a task has at most ${PARENTS_MOST} parents, and this one ${edges.size}; put tasks between that collect them`,
    )
  return [...edges.values()]
}
