import type { CancelOutcome } from '../../core/client.ts'
import type { Command, Context } from '../command.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit.ts'
import { FILTER, type LiveFilter, liveFilterOf, type LivePage, liveTasks } from '../live-selection.ts'
import { placeTasks } from '../placing.ts'
import { Progress } from '../progress.ts'
import { count, plural, say } from '../text.ts'
import { QUEUE } from './options.ts'

/** Of one call. */
const BATCH = 250

const MEANING: Readonly<Record<CancelOutcome, string>> = {
  cancelled: 'cancelled',
  requested: 'runs now and is asked to stop',
  final: 'had ended already',
  not_found: 'is not known',
}

async function cancelIds({ args, screen, open }: Context): Promise<number> {
  const queue = args.name('queue')
  const { inspector, operator } = await open()
  const { byQueue } = await placeTasks(inspector, args.positional, queue)
  const outcomes = new Map<string, CancelOutcome>()
  for (const [name, ids] of byQueue) {
    const words = await operator.cancel(name, ids)
    ids.forEach((id, i) => outcomes.set(id, words[i] ?? 'not_found'))
  }
  const rows = [...new Set(args.positional)].map((id) => ({ id, outcome: outcomes.get(id) ?? 'not_found' }))
  if (screen.json) screen.printJson(rows)
  else for (const { id, outcome } of rows) screen.print(say`${id} ${MEANING[outcome]}`)
  return rows.every(({ outcome }) => outcome === 'cancelled' || outcome === 'requested') ? EXIT.ok : EXIT.failed
}

interface Sum {
  matched: number
  running: number
  readonly outcomes: Record<CancelOutcome, number>
  readonly queues: Set<string>
}

async function walk(
  { screen }: Context,
  title: string,
  pages: AsyncGenerator<LivePage>,
  each: (queue: string, ids: readonly string[]) => Promise<readonly CancelOutcome[]>,
): Promise<Sum> {
  const outcomes = { cancelled: 0, requested: 0, final: 0, not_found: 0 }
  const sum: Sum = { matched: 0, running: 0, outcomes, queues: new Set() }
  const progress = new Progress(screen.err, title)
  try {
    for await (const { queue, tasks } of pages) {
      sum.queues.add(queue)
      for (let from = 0; from < tasks.length; from += BATCH) {
        const part = tasks.slice(from, from + BATCH)
        sum.matched += part.length
        sum.running += part.filter(({ state }) => state === 'active').length
        for (const word of await each(
          queue,
          part.map(({ id }) => id),
        ))
          outcomes[word]++
        progress.show(sum.matched, undefined)
      }
    }
  } catch (error) {
    progress.clear()
    const done = outcomes.cancelled + outcomes.requested
    if (done > 0) screen.note(`stopped after ${plural(done, 'task')}; the others are as they were`)
    throw error
  }
  progress.clear()
  return sum
}

const whereOf = ({ queues, matched }: Sum): string => (matched === 0 ? '' : ` in ${[...queues].join(', ')}`)

function report({ screen }: Context, sum: Sum, dryRun: boolean): number {
  const { matched, running, outcomes } = sum
  if (screen.json) {
    const counts = dryRun ? { running } : outcomes
    screen.printJson({ dry_run: dryRun, matched, ...counts })
  } else if (dryRun) screen.print(say`would cancel ${plural(matched, 'task')}${whereOf(sum)}${runNow(running)}`)
  else {
    screen.print(say`cancelled ${plural(outcomes.cancelled, 'task')}${whereOf(sum)}`)
    if (outcomes.requested > 0) screen.print(say`asked ${plural(outcomes.requested, 'running task')} to stop`)
    if (outcomes.final > 0) screen.note(`${plural(outcomes.final, 'task')} had ended meanwhile`)
  }
  return EXIT.ok
}

const runNow = (running: number): string => (running === 0 ? '' : `, ${count(running)} of them running`)

async function cancelAll(context: Context, filter: LiveFilter): Promise<number> {
  const { args, screen, input, open } = context
  const [dryRun, queue] = [args.flag('dry-run'), args.name('queue')]
  const asks = !args.flag('yes') && !dryRun
  // Without a terminal this refuses before anything is read.
  if (asks && !input.isTTY) await confirm(input, screen.err, '')
  const { inspector, operator } = await open()
  const live = await liveTasks(inspector, filter, queue)
  if (dryRun || asks) {
    const found = await walk(context, 'found', live.count(), async () => [])
    if (dryRun || found.matched === 0) return report(context, found, dryRun)
    const question = `Cancel ${plural(found.matched, 'task')}${whereOf(found)}${runNow(found.running)}?`
    if (!(await confirm(input, screen.err, question))) {
      screen.note('nothing was done')
      return EXIT.failed
    }
  }
  return report(
    context,
    await walk(context, 'cancelled', live.drain(), (name, ids) => operator.cancel(name, ids)),
    false,
  )
}

export const cancel: Command = {
  name: 'cancel',
  takes: '[ids..]',
  about: 'Cancel tasks that have not ended, by id or all that match; one that runs is asked to stop',
  options: {
    queue: QUEUE,
    ...FILTER,
    'dry-run': { about: 'with --all: only count what would be cancelled', switch: true },
    yes: { about: 'with --all: do not ask', switch: true },
  },
  run(context) {
    const filter = liveFilterOf(context.args)
    return filter === undefined ? cancelIds(context) : cancelAll(context, filter)
  },
}
