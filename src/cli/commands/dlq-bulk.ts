import { existsSync } from 'node:fs'
import { Backup } from '../../core/backup.ts'
import type { Args, OptionRows } from '../args.ts'
import type { Command, Context, Session } from '../command.ts'
import { confirm } from '../confirm.ts'
import { type Batch, FILTER, freeze, type Frozen, type Selection, selectionOf } from '../dead-selection.ts'
import { EXIT, UsageError } from '../exit.ts'
import { Progress } from '../progress.ts'
import { plural, say } from '../text.ts'
import type { TaskInfo } from '../../core/task.ts'
import { replayEdited } from './dlq-edit.ts'
import { QUEUE } from './options.ts'

/** Duplicates that are told one by one. */
const TOLD = 20

interface Duplicate {
  readonly id: string
  readonly of: string | undefined
}

/** What one batch came to. */
interface Done {
  readonly done: number
  readonly skipped: number
  /** Replays that gave way to a living task with the same idempotency key. */
  readonly duplicates: readonly Duplicate[]
  readonly operation: string
}

interface Verb {
  readonly name: 'replay' | 'purge'
  readonly past: string
  /** How the question begins. */
  readonly title: (args: Args) => string
  readonly asksFor: (selection: Selection) => boolean
  readonly act: (session: Session, batch: Batch, operation: string | undefined, args: Args) => Promise<Done>
  /** Said at the end, when something was done. */
  readonly after: (operation: string, args: Args) => string | undefined
}

interface Sum {
  scanned: number
  matched: number
  done: number
  skipped: number
  readonly duplicates: Duplicate[]
  operation: string | undefined
  readonly queues: Set<string>
}

async function walk(
  frozen: Frozen,
  { screen }: Context,
  title: string,
  each: (batch: Batch, sum: Sum) => Promise<void>,
): Promise<Sum> {
  const zero = { scanned: 0, matched: 0, done: 0, skipped: 0 }
  const sum: Sum = { ...zero, duplicates: [], operation: undefined, queues: new Set() }
  const progress = new Progress(screen.err, title)
  try {
    for await (const batch of frozen.batches()) {
      sum.scanned += batch.scanned
      sum.matched += batch.ids.length
      if (batch.ids.length > 0) {
        sum.queues.add(batch.queue)
        await each(batch, sum)
      }
      progress.show(sum.matched, frozen.dead === 0 ? undefined : sum.scanned / frozen.dead)
    }
  } catch (error) {
    progress.clear()
    if (sum.operation !== undefined)
      screen.note(`stopped after ${plural(sum.done, 'task')} (operation ${sum.operation}); the others are as they were`)
    throw error
  }
  progress.clear()
  return sum
}

const count = (frozen: Frozen, context: Context): Promise<Sum> => walk(frozen, context, 'found', async () => {})

const act = (frozen: Frozen, context: Context, verb: Verb, session: Session): Promise<Sum> =>
  walk(frozen, context, verb.past, async (batch, sum) => {
    const { done, skipped, duplicates, operation } = await verb.act(session, batch, sum.operation, context.args)
    sum.done += done
    sum.skipped += skipped
    sum.duplicates.push(...duplicates)
    sum.operation = operation
  })

function report({ screen, args }: Context, verb: Verb, sum: Sum, dryRun: boolean): void {
  const { scanned, matched, done, skipped, duplicates, operation } = sum
  if (screen.json) {
    const counts = dryRun ? {} : { [verb.past]: done, skipped, ...(verb.name === 'replay' ? { duplicates } : {}) }
    screen.printJson({ operation: operation ?? null, dry_run: dryRun, scanned, matched, ...counts })
    return
  }
  const from = matched === 0 ? '' : ` in ${[...sum.queues].join(', ')}`
  const what = `${plural(dryRun ? matched : done, 'task')}${from}`
  screen.print(say`${dryRun ? `would ${verb.name}` : verb.past} ${what}`)
  for (const { id, of } of duplicates.slice(0, TOLD))
    screen.note(`${id} stays dead: ${of ?? 'another task'} with the same idempotency key lives or succeeded`)
  if (duplicates.length > TOLD) screen.note(`and ${plural(duplicates.length - TOLD, 'more such task')}`)
  if (skipped > 0) screen.note(`skipped ${plural(skipped, 'task')}: not dead, or not known`)
  const after = done > 0 && operation !== undefined ? verb.after(operation, args) : undefined
  if (after !== undefined) screen.note(after)
}

async function runBulk(context: Context, verb: Verb): Promise<number> {
  const { args, screen, input, open } = context
  const selection = selectionOf(args)
  const dryRun = args.flag('dry-run')
  const queue = args.name('queue')
  const asks = verb.asksFor(selection) && !args.flag('yes') && !dryRun
  // Without a terminal this refuses before anything is read.
  if (asks && !input.isTTY) await confirm(input, screen.err, '')
  const session = await open()
  const frozen = await freeze(session.inspector, selection, queue)
  if (dryRun || asks) {
    const found = await count(frozen, context)
    if (dryRun || found.matched === 0) return end(context, verb, found, selection, dryRun)
    const what = `${plural(found.matched, 'dead task')} in ${[...found.queues].join(', ')}`
    if (!(await confirm(input, screen.err, `${verb.title(args)} ${what}?`))) {
      screen.note('nothing was done')
      return EXIT.failed
    }
  }
  return end(context, verb, await act(frozen, context, verb, session), selection, false)
}

/** A task that was named and is not dead is a failure; a filter that matches nothing is not. */
function end(context: Context, verb: Verb, sum: Sum, selection: Selection, dryRun: boolean): number {
  const unknown = selection.by === 'ids' ? new Set(selection.ids).size - sum.matched : 0
  sum.skipped += unknown
  report(context, verb, sum, dryRun)
  return selection.by === 'ids' && sum.skipped + sum.duplicates.length > 0 ? EXIT.failed : EXIT.ok
}

const REPLAY: Verb = {
  name: 'replay',
  past: 'replayed',
  title: () => 'Replay',
  asksFor: (selection) => selection.by === 'filter',
  async act({ operator }, { queue, ids }, operation) {
    const { replayed, duplicates, skipped, operation: name } = await operator.replay(queue, ids, { operation })
    return { done: replayed.length, duplicates, skipped: skipped.length, operation: name }
  },
  after: () => undefined,
}

/** Writes those that are dead to the file, and gives their ids once they are on the disk. */
async function written(
  path: string,
  { inspector }: Session,
  { queue, ids }: Batch,
  file: BackupFile,
): Promise<string[]> {
  file.backup ??= await Backup.create(path)
  const tasks = await Promise.all(ids.map((id) => inspector.task(id, queue)))
  const dead = tasks.filter((task) => task?.state === 'dead') as TaskInfo[]
  await file.backup.write(dead)
  return dead.map(({ id }) => id)
}

/** The file of `--backup`, once something was written to it. */
interface BackupFile {
  backup: Backup | undefined
}

const purgeTo = (file: BackupFile): Verb => ({
  name: 'purge',
  past: 'purged',
  title: (args) => (args.flag('now') ? 'Purge for good, now,' : 'Purge'),
  asksFor: () => true,
  async act(session, batch, operation, args) {
    const path = args.text('backup')
    const ids = path === undefined ? batch.ids : await written(path, session, batch, file)
    const done = await session.operator.purge(batch.queue, ids, { operation, now: args.flag('now') })
    const skipped = batch.ids.length - done.purged.length
    return { done: done.purged.length, duplicates: [], skipped, operation: done.operation }
  },
  after: (operation, args) =>
    args.flag('now') ? undefined : `to take it back within 15 minutes: dq dlq undo --operation ${operation}`,
})

async function runPurge(context: Context): Promise<number> {
  const path = context.args.text('backup')
  if (path !== undefined && existsSync(path)) throw new UsageError(`backup: ${path} is there already; name a new file`)
  const file: BackupFile = { backup: undefined }
  try {
    return await runBulk(context, purgeTo(file))
  } finally {
    await file.backup?.close()
    if (file.backup !== undefined) context.screen.note(`${path} has ${plural(file.backup.count, 'task')}`)
  }
}

const OPTIONS: OptionRows = {
  queue: QUEUE,
  all: { about: 'every dead task', switch: true },
  ...FILTER,
  'dry-run': { about: 'only count what would be done', switch: true },
  yes: { about: 'do not ask', switch: true },
}

export const replay: Command = {
  name: 'replay',
  takes: '[ids..]',
  about: 'Run dead tasks again, with all their retries',
  options: {
    ...OPTIONS,
    payload: { about: 'of one task: run it again with this instead of its payload', value: 'JSON, @file, or -' },
  },
  run: (context) => (context.args.has('payload') ? replayEdited(context) : runBulk(context, REPLAY)),
}

export const purge: Command = {
  name: 'purge',
  takes: '[ids..]',
  about: 'Remove dead tasks; for 15 minutes undo takes that back',
  options: {
    ...OPTIONS,
    now: { about: 'remove them for good, at once', switch: true },
    backup: { about: 'write each to this new file first, as JSON in a line', value: 'file' },
  },
  run: runPurge,
}
