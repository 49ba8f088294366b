import { setTimeout as sleep } from 'node:timers/promises'
import { plural, span } from '../text.ts'
import { counted, depths, depthsText, type Sent, unbalanced, wrongEnds } from './check.ts'
import { makePlan, type Planned } from './plan.ts'
import type { Stage } from './stage.ts'

const MOST_MS = 100_000
const LOOK_EVERY_MS = 200
const TELL_EVERY_MS = 2_000
/** How often the schedule has to have fired before the demo ends. */
const FIRINGS = 2
const CRON = { name: 'rollup', spec: '@every 5s', type: 'rollup', queue: 'default' } as const
/** Mails that are asked for a second time, under the same idempotency key. */
const REPEATED = 5

export type Say = (line: string) => void

/** Enqueues the plan and the schedule. */
export async function enqueuePlan(stage: Stage, plan: readonly Planned[], say: Say): Promise<Sent[]> {
  await stage.client.operator.saveSchedule(CRON)
  const results = await stage.client.enqueueMany(plan.map(({ item }) => item))
  const sent = results.map((result, i): Sent => {
    if ('error' in result) throw result.error
    return { ...plan[i]!, id: result.id }
  })
  const later = plan.filter(({ item }) => item.delay !== undefined).length
  say(
    `Enqueued ${plural(sent.length, 'task')} in 3 queues, ${later} of them for later, and one schedule (${CRON.spec}).`,
  )
  return sent
}

/** Asks for some mails again. @returns how many were recognised. */
async function repeat(stage: Stage, sent: readonly Sent[]): Promise<number> {
  const again = sent.filter(({ item, ends }) => item.type === 'email' && ends === 'completed').slice(0, REPEATED)
  const results = await stage.client.enqueueMany(again.map(({ item }) => item))
  return results.filter(
    (result, i) => 'outcome' in result && result.outcome === 'duplicate' && result.id === again[i]?.id,
  ).length
}

/** Waits until nothing is left to do and the schedule has fired. @throws Error when that takes too long. */
async function untilDone(stage: Stage, tasks: number, say: Say): Promise<void> {
  const { client } = stage
  const startedAt = performance.now()
  for (let toldAt = startedAt; ; await sleep(LOOK_EVERY_MS)) {
    stage.check()
    const [now, completed, dead] = await Promise.all([
      depths(client),
      counted(client, 'completed'),
      counted(client, 'dead'),
    ])
    const fired = await counted(client, 'completed', CRON.type)
    const idle = now.waiting + now.running + now.later === 0
    if (idle && fired >= FIRINGS && completed - fired + dead >= tasks) return
    if (performance.now() - startedAt > MOST_MS)
      throw new Error(`after ${span(MOST_MS)} there are still ${depthsText(now, completed)}`)
    if (performance.now() - toldAt < TELL_EVERY_MS) continue
    toldAt = performance.now()
    say(`  ${span(toldAt - startedAt).padStart(4)}  ${depthsText(now, completed)}`)
  }
}

/** Ends the schedule and waits for what it made last, so that the books can be looked at while nothing moves. */
async function untilQuiet(stage: Stage): Promise<void> {
  await stage.client.operator.removeSchedule(CRON.name)
  for (;;) {
    const { waiting, running, later } = await depths(stage.client)
    if (waiting + running + later === 0) return
    stage.check()
    await sleep(LOOK_EVERY_MS)
  }
}

async function summary(stage: Stage, sent: readonly Sent[], repeated: number, say: Say): Promise<string[]> {
  const { client } = stage
  const problems = await wrongEnds(client, sent)
  const books = await unbalanced(client)
  const [enqueued, fired] = await Promise.all([counted(client, 'enqueued'), counted(client, 'enqueued', CRON.type)])
  const [completed, dead] = await Promise.all([counted(client, 'completed'), counted(client, 'dead')])
  const retried = sent.filter(({ ends, attempts }) => ends === 'completed' && attempts > 1).length
  const planned = sent.filter(({ ends }) => ends === 'dead').length
  say(`enqueued    ${enqueued}: ${sent.length} by the demo, ${fired} by the schedule`)
  say(`completed   ${completed}, ${retried} of them after failed attempts`)
  say(`dead        ${dead}, planned ${planned}`)
  say(`duplicates  ${repeated} repeated requests recognised, planned ${REPEATED}`)
  say(`books       ${books.problems.length === 0 ? 'balanced' : 'NOT balanced'} in ${plural(books.queues, 'queue')}`)
  if (enqueued !== completed + dead)
    problems.push(`${enqueued} tasks were enqueued, but ${completed + dead} have ended`)
  if (enqueued !== sent.length + fired) problems.push(`${enqueued} tasks were enqueued, not ${sent.length + fired}`)
  if (dead !== planned) problems.push(`${dead} tasks are dead, not ${planned}`)
  if (repeated !== REPEATED) problems.push(`${repeated} repeated requests were recognised, not ${REPEATED}`)
  return [...problems, ...books.problems]
}

/** The demo without a terminal. @returns what is not as planned, in words. */
export async function runUnattended(stage: Stage, say: Say): Promise<string[]> {
  const startedAt = performance.now()
  const sent = await enqueuePlan(stage, makePlan(), say)
  const repeated = await repeat(stage, sent)
  await untilDone(stage, sent.length, say)
  await untilQuiet(stage)
  say('')
  const problems = await summary(stage, sent, repeated, say)
  say(`took        ${span(performance.now() - startedAt)}`)
  return problems
}
