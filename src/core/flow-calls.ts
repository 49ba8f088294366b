import { chunks } from './calls.ts'
import { type Edge, refOf } from './depend.ts'
import { LIMITS } from './limits.ts'
import { PRIORITY_LETTER } from './priority.ts'
import { decodeLetters } from './replies.ts'
import type { ScriptRunner } from './runner.ts'
import { brokenReply } from './script.ts'
import { SCRIPTS } from './scripts.ts'
import type { EnqueueReply, NewTask } from './verbs.ts'

/** A new task, and what of other queues is known to depend on it. */
export interface FlowTask {
  readonly task: NewTask
  /** As `queue/id`. */
  readonly children: readonly string[]
}

/** How a task stands to those who depend on it. */
export type Outcome = 'live' | 'done' | 'dead' | 'gone' | 'unknown'

/** What one blocked task is told of one of its parents. `recount`: to look itself which of its edges are open. */
export interface Notice {
  /** As `queue/id`. */
  readonly parent: string
  readonly outcome: 'done' | 'dead' | 'gone' | 'recount'
  /** Of its death: later ones have greater ones. */
  readonly mark: string
  readonly id: string
}

export interface Relation {
  readonly sign: '+' | '-'
  readonly parent: string
  /** As `queue/id`. */
  readonly child: string
}

const LETTER = { fail: 'f', ignore: 'i', wait: 'w' } as const

function edgeFields(edge: Edge): string[] {
  const letter = LETTER[edge.policy]
  return [edge.comes === true ? letter.toUpperCase() : letter, refOf(edge)]
}

const flowFields = ({ task, children }: FlowTask): (string | number)[] => {
  const edges = task.edges ?? []
  return [
    task.id,
    PRIORITY_LETTER[task.priority],
    task.type,
    task.when,
    Math.round(task.timeMs),
    task.idempotencySha ?? '',
    task.contentHash ?? '',
    task.envelope,
    edges.length,
    ...edges.flatMap(edgeFields),
    children.length,
    ...children,
  ]
}

/** The verbs of tasks that depend on others: each one script. */
export class FlowCalls {
  readonly #scripts: ScriptRunner

  constructor(scripts: ScriptRunner) {
    this.#scripts = scripts
  }

  /**
   * Enqueues tasks of one queue in one call, those that others of them depend on first.
   * @param together none of them unless all can be.
   */
  async enqueue(queue: string, tasks: readonly FlowTask[], together: boolean): Promise<EnqueueReply[]> {
    const reply = await this.#scripts.call(queue, SCRIPTS.flow, {
      maxBytes: LIMITS.payloadBytes + 4_096,
      queue,
      together: together ? 1 : 0,
      items: tasks.flatMap(flowFields),
    })
    const { words, owners } = decodeLetters('flow', reply, tasks.length)
    return words.map((word, i) => ({ word, owner: owners.get(i) }))
  }

  /** Tells tasks of one queue how their parents ended. */
  async unblock(queue: string, notices: readonly Notice[]): Promise<void> {
    for (const part of chunks(notices, undefined, LIMITS.itemsPerCall)) {
      const items = part.flatMap(({ parent, outcome, mark, id }) => [parent, outcome, mark, id])
      await this.#scripts.run(queue, SCRIPTS.unblock, { items })
    }
  }

  /** Notes or forgets who depends on tasks of one queue. @returns how each parent stands. */
  async relate(queue: string, relations: readonly Relation[]): Promise<{ outcome: Outcome; mark: string }[]> {
    const answers: { outcome: Outcome; mark: string }[] = []
    for (const part of chunks(relations, undefined, LIMITS.itemsPerCall)) {
      const items = part.flatMap(({ sign, parent, child }) => [sign, parent, child])
      const reply = await this.#scripts.run(queue, SCRIPTS.relate, { items })
      if (!Array.isArray(reply) || reply.length !== 2 * part.length) throw brokenReply('relate', reply)
      for (let i = 0; i < reply.length; i += 2)
        answers.push({ outcome: reply[i] as Outcome, mark: String(reply[i + 1]) })
    }
    return answers
  }

  /** Takes facts out of an outbox, unless later ones took their places. */
  async forwarded(queue: string, facts: readonly (readonly [id: string, text: string])[]): Promise<void> {
    for (const part of chunks(facts, undefined, LIMITS.itemsPerCall))
      await this.#scripts.run(queue, SCRIPTS.forwarded, { items: part.flat() })
  }
}
