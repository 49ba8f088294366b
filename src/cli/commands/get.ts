import { DqError } from '../../core/errors.ts'
import type { AttemptInfo, TaskInfo } from '../../core/task.ts'
import type { Relative } from '../../core/relations.ts'
import { relationsToWire, taskToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import type { Screen } from '../screen.ts'
import { printFacts } from '../table.ts'
import { instant, say, visible, visibleJson } from '../text.ts'
import { QUEUE } from './options.ts'

const STACK_LINES = 8

function printAttempt(screen: Screen, attempt: AttemptInfo, nowMs: number): void {
  const worker = attempt.worker === undefined ? '' : ` on ${attempt.worker}`
  screen.print(say`attempt ${attempt.attempt} ${attempt.reason} ${instant(attempt.atMs, nowMs)}${worker}`)
  screen.print(say`  ${attempt.message}`)
  const stack = (attempt.stack ?? '').split('\n').filter((line) => !attempt.message.includes(line.trim()))
  for (const line of stack.slice(0, STACK_LINES)) screen.print(`  ${visible(line)}`)
}

function printValue(screen: Screen, title: string, value: unknown): void {
  if (value === undefined) return
  screen.print(screen.heading(title))
  for (const line of visibleJson(value, 2).split('\n')) screen.print(`  ${line}`)
}

/** Handlers count from 0 to 1, or in numbers of their own. */
const progressOf = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : value >= 0 && value <= 1 ? `${Math.round(value * 100)} %` : String(value)

function printTask(screen: Screen, task: TaskInfo): void {
  const nowMs = Date.now()
  const retries = task.maxRetries === undefined ? '' : ` (at most ${task.maxRetries} retries)`
  printFacts(screen, [
    ['id', task.id],
    ['type', task.type],
    ['queue', task.queue],
    ['priority', task.priority],
    ['state', `${task.state}${task.cancelRequested ? ', asked to stop' : ''}`],
    ['attempt', `${task.attempt}${retries}`],
    ['created', instant(task.createdAtMs, nowMs)],
    ['due', instant(task.runAtMs, nowMs)],
    ['started', instant(task.startedAtMs, nowMs)],
    ['finished', instant(task.finishedAtMs, nowMs)],
    ['worker', task.worker],
    ['progress', progressOf(task.progress)],
    ['lease ends', instant(task.leaseExpiresAtMs, nowMs)],
    ['idempotency key', task.idempotencyKey],
    ['trace', task.traceId],
  ])
  printValue(screen, 'payload', task.payload)
  printValue(screen, 'result', task.result)
  if (task.attempts.length > 0) screen.print(screen.heading('errors, newest first'))
  for (const attempt of task.attempts) printAttempt(screen, attempt, nowMs)
}

function printRelatives(screen: Screen, title: string, relatives: readonly Relative[]): void {
  if (relatives.length === 0) return
  screen.print(screen.heading(title))
  for (const { id, queue, type, state } of relatives)
    screen.print(say`  ${state} ${queue}/${id} ${type ?? ''}`.trimEnd())
}

export const notKnown = (id: string): DqError =>
  new DqError('not_found', `no queue knows task ${id}, or its record is no longer kept`)

export const get: Command = {
  name: 'get',
  takes: '<id>',
  about: 'Show everything that is known of a task',
  options: { queue: { ...QUEUE, about: 'look in this queue only' } },
  async run({ args, screen, open }) {
    const id = args.positional[0]!
    const queue = args.name('queue')
    const { inspector } = await open()
    const task = await inspector.task(id, queue)
    if (task === undefined) throw notKnown(id)
    const relations = await inspector.relations(task)
    if (screen.json) screen.printJson({ ...taskToWire(task), ...relationsToWire(relations) })
    else {
      printTask(screen, task)
      printRelatives(screen, 'parents', relations.parents)
      printRelatives(screen, 'children', relations.children)
    }
    return EXIT.ok
  },
}
