import type { Inspector } from '../core/inspector.ts'
import type { TaskInfo } from '../core/task.ts'
import type { Args, OptionRows } from './args.ts'
import { TYPE } from './commands/options.ts'
import { UsageError } from './exit.ts'
import { queuesOf } from './listing.ts'

/** States that a task can be stopped in; those that wait for others first, lest they die of the end of those. */
export const LIVE_STATES = ['blocked', 'pending', 'limited', 'scheduled', 'retrying', 'active'] as const
type LiveState = (typeof LIVE_STATES)[number]

const PAGE = 500
/** Tasks move while the listing is walked; it is walked again until a walk finds nothing new. */
const WALKS_MOST = 10

export const FILTER: OptionRows = {
  all: { about: 'every task that has not ended, or all that match --queue, --type and --state', switch: true },
  type: TYPE,
  state: { about: 'with --all: only tasks in this state', value: LIVE_STATES.join('|') },
}

export interface LiveFilter {
  readonly states: readonly LiveState[]
  readonly type: string | undefined
}

/** @returns undefined when ids are given. @throws UsageError unless either ids or `--all` is. */
export function liveFilterOf(args: Args): LiveFilter | undefined {
  const state = args.oneOf('state', LIVE_STATES)
  const type = args.name('type')
  const all = args.flag('all')
  if (args.positional.length > 0) {
    if (all || state !== undefined || type !== undefined)
      throw new UsageError('give ids, or --all with a filter, not both')
    return undefined
  }
  if (!all) throw new UsageError('say which tasks: ids, or --all, which --queue, --type and --state narrow down')
  return { states: state === undefined ? LIVE_STATES : [state], type }
}

export interface LivePage {
  readonly queue: string
  readonly tasks: readonly TaskInfo[]
}

export interface LiveTasks {
  /** Each task once, in one walk. */
  count(): AsyncGenerator<LivePage>
  /** Each task once, while they are being taken away: what moved meanwhile is met in a further walk. */
  drain(): AsyncGenerator<LivePage>
}

/** What a filter means at this moment: tasks that are created from now on do not belong to it. */
export async function liveTasks(
  inspector: Inspector,
  { states, type }: LiveFilter,
  queue: string | undefined,
): Promise<LiveTasks> {
  const snapshot = await inspector.snapshot(await queuesOf(inspector, queue))

  async function* pages(seen: Set<string>): AsyncGenerator<LivePage> {
    for (const { name, atMs } of snapshot)
      for (const state of states) {
        let cursor: string | undefined
        do {
          const page = await inspector.tasks(name, state, { cursor, limit: PAGE, type })
          const isNew = ({ id, createdAtMs }: TaskInfo): boolean =>
            (createdAtMs ?? 0) <= atMs && !seen.has(`${name} ${id}`)
          const tasks = page.items.filter(isNew)
          for (const { id } of tasks) seen.add(`${name} ${id}`)
          if (tasks.length > 0) yield { queue: name, tasks }
          cursor = page.cursor
        } while (cursor !== undefined)
      }
  }

  return {
    count: () => pages(new Set()),
    async *drain() {
      const seen = new Set<string>()
      for (let walk = 0; walk < WALKS_MOST; walk++) {
        const before = seen.size
        yield* pages(seen)
        if (seen.size === before) return
      }
    },
  }
}
