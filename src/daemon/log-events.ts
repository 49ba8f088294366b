import { DqError, messageOf } from '../core/errors.ts'
import type { EventMap, EventName, Events, LogLevel, TaskEvent } from '../core/events.ts'
import type { Fields, Log } from './log.ts'

/** How one event reads. `error`: somebody must act; `warn`: a task went somewhere unusual; `debug`: every task. */
interface Line<D> {
  readonly level: LogLevel | ((data: D) => LogLevel)
  readonly text: (data: D) => string
  readonly fields: (data: D) => Fields
}

const line = <D>(
  level: Line<D>['level'],
  text: string | ((data: D) => string),
  fields: (data: D) => Fields,
): Line<D> => ({
  level,
  text: typeof text === 'string' ? () => text : text,
  fields,
})

const taskOf = ({ id, type, queue, attempt, traceId }: TaskEvent): Fields => ({ id, type, queue, attempt, traceId })
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`

/** An outage is told once, by `logOutages`; each of its consequences is for the curious. */
const levelOf = (error: Error): LogLevel =>
  error instanceof DqError && (error.code === 'unavailable' || error.code === 'timeout') ? 'debug' : 'warn'

type TableEvent = Exclude<EventName, 'redis.down' | 'redis.up'>

const LINES: { readonly [N in TableEvent]: Line<EventMap[N]> } = {
  'task.started': line('debug', 'task started', (task) => ({ ...taskOf(task), waitMs: task.waitMs })),
  'task.completed': line('debug', 'task completed', (task) => ({ ...taskOf(task), durationMs: task.durationMs })),
  'task.retrying': line(
    'info',
    (task) => `task failed and will be tried again: ${task.error}`,
    (task) => ({ ...taskOf(task), reason: task.reason, delayMs: task.delayMs }),
  ),
  'task.crashed': line(
    'warn',
    (task) => `task ended its own process and will be tried again: ${task.error}`,
    (task) => taskOf(task),
  ),
  'task.dead': line(
    'warn',
    (task) => `task is dead: ${task.error}`,
    (task) => ({ ...taskOf(task), reason: task.reason }),
  ),
  'task.released': line('debug', 'task given back', taskOf),
  'task.snoozed': line('debug', 'task snoozed', (task) => ({ ...taskOf(task), delayMs: task.delayMs })),
  'task.unknown': line(
    'warn',
    ({ type, missingKey }) =>
      missingKey === undefined
        ? `no handler for type ${type} here; task put off`
        : `task is encrypted with key ${missingKey}, which is not here; put off`,
    (task) => ({ ...taskOf(task), delayMs: task.delayMs }),
  ),
  'task.cancelled': line('info', 'task cancelled', taskOf),
  'task.stale': line('warn', 'task was no longer held here; its end was refused', taskOf),
  'task.zombie': line('warn', 'task goes on after its deadline and keeps its slot', taskOf),
  'task.log': line(
    (task) => task.level,
    (task) => task.message,
    (task) => ({ ...task.fields, ...taskOf(task) }),
  ),
  'lease.lost': line(
    'warn',
    ({ ids }) => `lease lost over ${plural(ids.length, 'task')}`,
    ({ queue, ids, tasks }) => ({ queue, ids, tasks }),
  ),
  'worker.started': line(
    'info',
    ({ slots }) => `worker runs with ${plural(slots, 'slot')}`,
    ({ id, queues }) => ({ worker: id, queues }),
  ),
  'worker.stopping': line(
    'debug',
    ({ busy }) => `worker stops; ${plural(busy, 'task')} still running`,
    ({ id }) => ({ worker: id }),
  ),
  'worker.stopped': line(
    'info',
    ({ released }) => `worker stopped; ${plural(released, 'task')} given back`,
    ({ id }) => ({ worker: id }),
  ),
  'worker.error': line(
    ({ error }) => levelOf(error),
    ({ doing, error }) => `${doing} failed: ${messageOf(error)}`,
    ({ id, queue }) => ({ worker: id, queue }),
  ),
  'reaper.reaped': line(
    'warn',
    ({ outcome }) => `took a task back from a silent worker${outcome === 'reaped' ? '' : `: ${outcome}`}`,
    ({ id, type, queue, attempt, traceId, worker }) => ({ id, type, queue, attempt, traceId, worker }),
  ),
  'reaper.repaired': line(
    'warn',
    ({ count }) => `the books did not balance: ${plural(count, 'repair')}`,
    ({ queue, repaired }) => ({ queue, repaired }),
  ),
  'scheduler.promoted': line(
    'debug',
    ({ count }) => `${plural(count, 'task')} due`,
    ({ queue }) => ({ queue }),
  ),
  'schedule.fired': line(
    'debug',
    ({ name }) => `schedule ${name} fired`,
    (task) => ({ ...taskOf(task), schedule: task.name }),
  ),
  'schedule.passed': line(
    ({ why }) => (why === 'missed' ? 'warn' : 'info'),
    ({ name, why, count }) =>
      `${plural(count, 'slot')} of schedule ${name} passed: ${why === 'missed' ? 'nobody was there to fire' : 'the run before goes on'}`,
    ({ queue }) => ({ queue }),
  ),
  'listener.failed': line(
    'error',
    ({ event, error }) => `a listener of ${event} failed: ${error.message}`,
    () => ({}),
  ),
}

/** One line when Redis goes and one when it is back, whoever noticed and however often. */
function logOutages(log: Log, events: Events): (() => void)[] {
  let sinceMs: number | undefined
  const down = events.on('redis.down', ({ address, error }) => {
    if (sinceMs !== undefined) return
    sinceMs = performance.now()
    log.warn('redis.down', `Redis at ${address} is gone: ${error?.message ?? 'the connection was closed'}`)
  })
  const up = events.on('redis.up', ({ address }) => {
    if (sinceMs === undefined) return
    const downMs = Math.round(performance.now() - sinceMs)
    sinceMs = undefined
    log.info('redis.up', `Redis at ${address} is back after ${(downMs / 1_000).toFixed(1)} s`, { downMs })
  })
  return [down, up]
}

/** Writes a line for each event. @returns call it to stop. */
export function logEvents(log: Log, events: Events): () => void {
  const listen = (name: TableEvent): (() => void) => {
    const { level: levelled, text, fields } = LINES[name] as Line<EventMap[TableEvent]>
    return events.on(name, (data) => {
      const level = typeof levelled === 'function' ? levelled(data) : levelled
      if (log.writes(level)) log[level](name, text(data), fields(data))
    })
  }
  const offs = [...(Object.keys(LINES) as TableEvent[]).map(listen), ...logOutages(log, events)]
  return () => offs.forEach((off) => off())
}
