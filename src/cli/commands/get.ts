import type { Keyring } from '../../core/encryption/keyring.ts'
import { hasSealed, revealTask } from '../../core/encryption/reveal.ts'
import { DqError } from '../../core/errors.ts'
import type { AttemptInfo, TaskInfo } from '../../core/task.ts'
import type { Relative } from '../../core/relations.ts'
import { relationsToWire, taskToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import type { Screen } from '../screen.ts'
import { printFacts } from '../table.ts'
import { instant, say, shownJson, visible } from '../text.ts'
import { QUEUE } from './options.ts'

const STACK_LINES = 8

function printAttempt(screen: Screen, attempt: AttemptInfo, nowMs: number): void {
  const worker = attempt.worker === undefined ? '' : ` on ${attempt.worker}`
  screen.print(say`attempt ${attempt.attempt} ${attempt.reason} ${instant(attempt.atMs, nowMs)}${worker}`)
  screen.print(say`  ${attempt.message}`)
  const stack = (attempt.stack ?? '').split('\n').filter((line) => !attempt.message.includes(line.trim()))
  for (const line of stack.slice(0, STACK_LINES)) screen.print(`  ${visible(line)}`)
}

function printValue(screen: Screen, title: string, value: unknown, sealed: string | undefined): void {
  if (value === undefined) return
  screen.print(screen.heading(title))
  for (const line of shownJson(value, sealed, 2).split('\n')) screen.print(`  ${line}`)
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
  printValue(screen, 'payload', task.payload, task.sealed?.payload)
  printValue(screen, 'result', task.result, task.sealed?.result)
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

/** @throws UsageError without keys. */
function revealed(screen: Screen, found: TaskInfo, keyring: Keyring | undefined): TaskInfo {
  if (keyring === undefined) throw new UsageError('--reveal wants keys: name a file with --encryption-keys-file')
  const task = revealTask(found, keyring)
  if (hasSealed(task)) screen.note('not all of it can be opened: these keys do not fit, or it was changed')
  return task
}

export const get: Command = {
  name: 'get',
  takes: '<id>',
  about: 'Show everything that is known of a task',
  options: {
    queue: { ...QUEUE, about: 'look in this queue only' },
    reveal: { about: 'show what is encrypted, with the keys of --encryption-keys-file', switch: true },
  },
  async run({ args, screen, open }) {
    const id = args.positional[0]!
    const queue = args.name('queue')
    const { inspector, keyring } = await open()
    const found = await inspector.task(id, queue)
    if (found === undefined) throw notKnown(id)
    const task = args.flag('reveal') ? revealed(screen, found, keyring) : found
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
