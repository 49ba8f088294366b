import type { Child, Ended, Listeners, NewOrder } from '../isolation/child-handle.ts'
import type { Children, Place } from '../isolation/children.ts'
import type { Ending } from '../isolation/messages.ts'
import { Context, type ContextParts } from './context.ts'
import { describe } from './failure.ts'
import type { Running } from './running.ts'

export interface ApartParts {
  readonly children: Children
  readonly context: ContextParts
  /** How long a handler may go on after its signal was aborted, ms. */
  readonly graceMs: number
  readonly onTrouble: (queue: string, error: Error) => void
}

/** Until a task is tried again whose process could not be started. */
const UNSTARTED_MS = 5_000

/** The thrown value as far as it could be told, so that it is judged like one that was thrown here. */
function thrownBy({ name, message, stack, delay }: Extract<Ending, { kind: 'threw' }>): Error {
  const error = new Error(message)
  if (name !== '') error.name = name
  if (stack !== undefined) error.stack = stack
  return Object.assign(error, delay === undefined ? {} : { delay })
}

/** What a child is told of a task. */
function orderOf({ children, context }: ApartParts, run: Running, { module }: Place, keepsResult: boolean): NewOrder {
  const { payloadJson, traceparent } = run
  const { id, attempt, fence, envelope } = run.task
  const { type } = envelope
  const { queue } = run.grant.lane
  const { maxAttempts } = new Context(run, context)
  const { encryption } = children
  const about = { module, id, type, queue, attempt, maxAttempts, fence }
  return { ...about, payloadJson, keepsResult, encryption, traceparent }
}

const listenersOf = (context: ContextParts, run: Running): Listeners => ({
  onProgress: (value) => context.progress(run, value),
  onLog: ({ level, message, fieldsJson }) => {
    const fields = fieldsJson === undefined ? undefined : (JSON.parse(fieldsJson) as Record<string, unknown>)
    context.events.emit('task.log', { ...run.event, level, message, fields })
  },
})

/**
 * Runs a task in a process or thread of its own, up to its outcome.
 * @throws what its handler threw.
 */
export async function runApart(parts: ApartParts, run: Running, place: Place, keepsResult: boolean): Promise<void> {
  const { children, context, graceMs } = parts
  const { type } = run.task.envelope
  let child: Child
  try {
    child = children.take(type, place)
  } catch (error) {
    return putOff(parts, run, place, describe(error).message)
  }
  run.child = { abort: (reason) => child.abort(reason, graceMs), kill: () => child.kill() }
  const ended = await child.run(orderOf(parts, run, place, keepsResult), listenersOf(context, run))
  run.child = undefined
  // It would fail to load what it failed to load for as long as it lives.
  if (ended.kind === 'unloadable') child.kill()
  children.giveBack(type, place, child)
  if (run.phase === 'running') conclude(parts, run, place, ended)
}

/** The machine is to blame, and gets some time. */
function putOff({ onTrouble }: ApartParts, run: Running, place: Place, how: string): void {
  onTrouble(run.grant.lane.queue, new Error(`a ${place.kind} for ${run.task.envelope.type} ${how}`))
  run.outcome = { kind: 'snoozed', delayMs: UNSTARTED_MS }
}

function conclude(parts: ApartParts, run: Running, place: Place, ended: Ended): void {
  // What is told after the deadline comes too late, whatever it says.
  if (run.aborted?.why === 'timeout') return void (run.outcome = { kind: 'timeout' })
  switch (ended.kind) {
    case 'returned':
      run.resultJson = ended.resultJson
      return void (run.outcome = { kind: 'returned' })
    case 'refused':
      run.message = ended.message
      return void (run.outcome = { kind: ended.why })
    case 'threw':
      throw thrownBy(ended)
    case 'unstarted':
      return putOff(parts, run, place, ended.how)
    case 'killed':
      return void (run.outcome = { kind: 'interrupted' })
    case 'crashed':
      run.message = `its ${place.kind} ${ended.how}`
      return void (run.outcome = { kind: 'crashed' })
    case 'unloadable':
      if (!place.isSuspect) throw new Error(`its ${place.kind} could not load its handler: ${ended.message}`)
      parts.children.cannotContain(run.task.envelope.type)
      return void (run.outcome = { kind: 'interrupted' })
    default: {
      const none: never = ended
      return none
    }
  }
}
