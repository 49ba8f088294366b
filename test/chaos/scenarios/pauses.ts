import type { ChaosLine } from '../lib/line.ts'
import { messageOf } from '../../../src/core/errors.ts'
import { until } from '../../helpers/until.ts'
import { endedOf, readBooks } from '../lib/books.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import { type Setting, TIMES } from '../lib/setting.ts'
import { onStage, type Stage, STUCK_MS } from '../lib/stage.ts'

const PAUSES = { fast: 100, full: 10, short: 6 }
/** Daemons that share a queue; all but two are stopped at a time. */
const SHARED = { fast: 6, full: 6, short: 3 }
/** Queues with one worker each, so that nobody takes what a reaper has taken from it. */
const ALONE = { fast: 4, full: 2, short: 1 }
/** Tasks that a lone worker holds when it is stopped. */
const HELD = 10
const TASKS_PER_ROUND = 300
/** Nobody says anything any more after this. */
const SILENT_MS = 30_000

const queueOf = (n: number): string => `alone${n}`

/** Stops daemons of one queue for longer than a lease lasts; the others take their tasks meanwhile. */
async function sharedRounds(stage: Stage, count: number, shared: number): Promise<void> {
  const { crew, feed, setting, untilDone } = stage
  const order = choicesOf(setting.seed, 'shared')
  const places = Array.from({ length: shared }, (_, place) => place)
  const atOnce = Math.max(1, shared - 2)
  for (let done = 0, round = 1; done < count; round++) {
    const victims = order.shuffled(places).slice(0, Math.min(atOnce, count - done))
    feed.allow(round * TASKS_PER_ROUND)
    await untilDone((round - 1) * TASKS_PER_ROUND + order.between(20, TASKS_PER_ROUND / 2))
    await Promise.all(victims.map((place) => crew.pause(place, 1.5 * TIMES[setting.profile].leaseMs)))
    done += victims.length
    setting.say(`${done} of ${count} pauses with others at work, ${stage.effects.done.size} tasks done`)
  }
}

/** Enqueues tasks of this length for a lone worker. @returns their ids. */
async function put({ client, feed }: Stage, worker: number, count: number, ms: number): Promise<string[]> {
  const items = Array.from({ length: count }, () => ({ type: 'work', payload: { ms }, queue: queueOf(worker) }))
  return (await client.enqueueMany(items)).map((result) => {
    if ('error' in result) throw result.error
    feed.acknowledged.add(result.id)
    return result.id
  })
}

/** The same where nobody else works: what is finished late is accepted. */
async function loneRounds(stage: Stage, count: number, places: readonly number[]): Promise<void> {
  const { crew, feed, effects, setting } = stage
  const { leaseMs } = TIMES[setting.profile]
  for (let done = 0; done < count;) {
    const victims = places.slice(0, count - done)
    const ids = new Set<string>()
    for (const [n] of victims.entries()) for (const id of await put(stage, n, HELD, leaseMs / 2)) ids.add(id)
    const begun = (): number => effects.read().all.filter(({ what, id }) => what === 'began' && ids.has(id)).length
    await until(() => begun() >= ids.size, {
      what: 'all tasks of a round to begin',
      timeoutMs: STUCK_MS,
    })
    await Promise.all(victims.map((place) => crew.pause(place, 1.5 * leaseMs)))
    done += victims.length
    await stage.untilDone(feed.acknowledged.size)
    setting.say(`${done} of ${count} pauses with nobody else at work`)
  }
}

/** Daemons are stopped for 1.5 leases and continued: what they then send of tasks that others have is refused. */
export function pauses(setting: Setting): Promise<ChaosLine> {
  const { seed, profile } = setting
  const count = setting.faults ?? PAUSES[profile]
  const [shared, alone] = [SHARED[profile], ALONE[profile]]
  const lengths = choicesOf(seed, 'lengths')
  const make = () => ({ type: 'work', payload: { ms: lengths.between(10, 150) } })
  const queuesAt = (at: number): string => (at < shared ? 'default' : queueOf(at - shared))
  const args = (at: number): string[] => ['--queues', queuesAt(at), '--concurrency', at < shared ? '20' : String(HELD)]
  return onStage({ setting, daemons: shared + alone, make, args }, async (stage) => {
    const { client, feed } = stage
    const loneCount = Math.round(count * 0.4)
    // Known before anybody starts: reapers look for new queues now and then only.
    for (let n = 0; n < alone; n++) await put(stage, n, 1, 0)
    await stage.crew.startAll()
    await sharedRounds(stage, count - loneCount, shared)
    await feed.stop()
    await untilEnded(stage)
    const before = { ...(await readBooks(client.inspector)), began: beganOf(stage) }
    const lone = Array.from({ length: alone }, (_, n) => shared + n)
    await loneRounds(stage, loneCount, lone)
    await untilEnded(stage)
    const after = { ...(await readBooks(client.inspector)), began: beganOf(stage) }
    const late = after.reclaimed - before.reclaimed - (after.stale - before.stale)
    const violations = await finish(stage)
    if (before.stale === 0) violations.push('no settle was refused: no pause hit a held task')
    if (after.stale !== before.stale)
      violations.push(`${after.stale - before.stale} settles were refused though nobody else had the tasks`)
    if (late === 0) violations.push('no late completion: no pause hit a held task')
    // Each run that began ends as one completion or as one refusal. A claim whose worker was stopped before it heard the
    // answer begins none: its tasks were others' by then.
    for (const [what, books] of [
      ['shared', before],
      ['alone', after],
    ] as const)
      if (books.began !== books.completed + books.stale)
        violations.push(`${what}: ${books.began} runs, ${books.completed} completed, ${books.stale} refused`)
    const unheard = after.claimed - after.began
    if (unheard < 0) violations.push(`${-unheard} runs more than claims`)
    const lateShared = before.reclaimed - before.stale - unheard
    return closingLine(stage, { run: 'pauses', violations, extra: { late_accepted: late + lateShared, unheard } })
  })
}

/** Runs that handlers began, whoever claimed their tasks. */
const beganOf = ({ effects }: Stage): number => effects.read().all.filter(({ what }) => what === 'began').length

/** Every task has ended, and everyone who ran one has said so. Who stays silent is found by the sums afterwards. */
async function untilEnded(stage: Stage): Promise<void> {
  const { client, setting } = stage
  try {
    await until(
      async () => {
        const books = await readBooks(client.inspector)
        return endedOf(books) >= books.enqueued && beganOf(stage) <= books.completed + books.stale
      },
      { what: 'all tasks to end, and all late settles to come', timeoutMs: SILENT_MS, everyMs: 50 },
    )
  } catch (error) {
    setting.say(messageOf(error)) // a violation of the run, with all its figures, rather than its end
  }
}
