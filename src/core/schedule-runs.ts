import { decodeDetail, DETAIL_COMMANDS, detailCommands } from './detail.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { ScheduleRun } from './task.ts'

/** A line of the history as the queue keeps it: without the state of its task. `run` names the task: its slot, or `t` and a time. */
export interface RunLine extends Omit<ScheduleRun, 'id' | 'state'> {
  readonly run: string | undefined
}

/** What a queue keeps of a schedule, see `lua/lib/runs.lua`. */
export interface Runs {
  /** Revision of the definition in force; empty when there is none. */
  readonly revision: string
  /** The run that waits for the one before; empty for none. */
  readonly waiting: string
  /** Where it was when it left the queue; undefined when it did not. */
  readonly carryMs: number | undefined
  /** Newest first. */
  readonly lines: readonly RunLine[]
  /** The newest line that is a run, at most one. */
  readonly newest: readonly RunLine[]
}

const WHAT: Readonly<Record<string, ScheduleRun['what']>> = {
  f: 'fired',
  t: 'triggered',
  m: 'missed',
  o: 'overlap',
}

/** None for a foreign line. */
function decodeLine(text: string): RunLine[] {
  const [kind = '', slot = '', at = '', count = '1'] = text.split(' ')
  const what = WHAT[kind]
  if (what === undefined || ![slot, at, count].every((field) => /^\d+$/.test(field))) return []
  const run = what === 'fired' ? slot : what === 'triggered' ? `t${slot}` : undefined
  return [{ what, slotMs: Number(slot), atMs: Number(at), count: Number(count), run }]
}

export function decodeRuns(text: string | null | undefined): Runs {
  const [head = '', ...rest] = (text ?? '').split('\n')
  const [revision = '', waiting = '', , carry = ''] = head.split('|')
  const lines = rest.flatMap(decodeLine)
  return {
    revision,
    waiting: /^t?\d+$/.test(waiting) ? waiting : '',
    carryMs: /^\d+$/.test(carry) ? Number(carry) : undefined,
    lines,
    newest: lines.filter(({ run }) => run !== undefined).slice(0, 1),
  }
}

/** The lines of several schedules with the states of their tasks, in one pipeline. */
export async function withStates(
  redis: RedisClient,
  keysOf: (queue: string) => QueueKeys,
  schedules: readonly { readonly name: string; readonly queue: string; readonly runs: readonly RunLine[] }[],
): Promise<ScheduleRun[][]> {
  const wanted = schedules.flatMap(({ name, queue, runs }) =>
    runs.flatMap(({ run }) => (run === undefined ? [] : { queue, id: `${name}:${run}` })),
  )
  const replies = await redis.batch(wanted.flatMap(({ queue, id }) => detailCommands(keysOf(queue), id)))
  const states = new Map(
    wanted.map(({ queue, id }, i) => {
      const task = decodeDetail(queue, id, replies.slice(i * DETAIL_COMMANDS, (i + 1) * DETAIL_COMMANDS))
      return [`${queue} ${id}`, task?.state] as const
    }),
  )
  return schedules.map(({ name, queue, runs }) =>
    runs.map(({ run, ...line }) => {
      const id = run === undefined ? undefined : `${name}:${run}`
      return { ...line, id, state: id === undefined ? undefined : states.get(`${queue} ${id}`) }
    }),
  )
}
