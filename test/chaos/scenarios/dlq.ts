import { Client } from '../../../src/core/client.ts'
import { until } from '../../helpers/until.ts'
import { deadIds, readBooks } from '../lib/books.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { ChaosLine } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage, type Stage, STUCK_MS } from '../lib/stage.ts'

const DEAD = { fast: 20_000, full: 20_000, short: 1_000 }
const DAEMONS = { fast: 2, full: 2, short: 1 }
const REPLAYERS = 4
const PURGERS = 2
/** Small enough that all of them come across each other all the time. */
const BATCH = { fast: 100, full: 100, short: 20 }

interface Fates {
  readonly replayed: string[]
  readonly purged: string[]
}

/** Every operator goes through all dead tasks in an order of its own, over a connection of its own. */
async function operate(stage: Stage, ids: readonly string[], batch: number): Promise<Fates> {
  const { server, namespace, setting } = stage
  const fates: Fates = { replayed: [], purged: [] }
  const work = async (name: string, doBatch: (client: Client, some: string[]) => Promise<void>): Promise<void> => {
    const client = new Client({ redisUrl: server.url, namespace, by: name })
    const order = choicesOf(setting.seed, name).shuffled(ids)
    for (let from = 0; from < order.length; from += batch) await doBatch(client, order.slice(from, from + batch))
    await client.close()
    setting.say(`${name} has been through ${ids.length} dead tasks`)
  }
  const replay = async ({ operator }: Client, some: string[]): Promise<void> => {
    fates.replayed.push(...(await operator.replay('default', some)).replayed)
  }
  const purge = async ({ operator }: Client, some: string[]): Promise<void> => {
    fates.purged.push(...(await operator.purge('default', some, { now: true })).purged)
  }
  await Promise.all([
    ...Array.from({ length: REPLAYERS }, (_, n) => work(`replayer${n}`, replay)),
    ...Array.from({ length: PURGERS }, (_, n) => work(`purger${n}`, purge)),
  ])
  return fates
}

/** What does not add up between what operators were told and what became of the tasks, in words. */
async function checkFates({ client, effects }: Stage, ids: readonly string[], fates: Fates): Promise<string[]> {
  const violations: string[] = []
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) violations.push(otherwise)
  }
  const { replayed, purged } = fates
  const known = new Set([...replayed, ...purged])
  expect(known.size === replayed.length + purged.length, 'a task was told to be replayed or purged twice')
  expect(ids.length === known.size && ids.every((id) => known.has(id)), `${ids.length} dead, ${known.size} with a fate`)
  const { done } = effects.read()
  const wrong = [...replayed.filter((id) => !done.has(id)), ...purged.filter((id) => done.has(id))]
  expect(wrong.length === 0, `${wrong.length} tasks had another fate than was told: ${wrong.slice(0, 5).join(' ')}`)
  const books = await readBooks(client.inspector)
  expect(books.replayed === replayed.length, `${books.replayed} counted as replayed, ${replayed.length} told`)
  expect(books.purged === purged.length, `${books.purged} counted as purged, ${purged.length} told`)
  expect(books.completed === replayed.length, `${books.completed} completed, ${replayed.length} replayed`)
  expect(books.dead === 0, `${books.dead} are still dead`)
  return violations
}

/** Operators replay and purge the same dead tasks at once: each task has one fate, and the counts add up. */
export function dlq(setting: Setting): Promise<ChaosLine> {
  const { profile, say } = setting
  const count = setting.tasks ?? DEAD[profile]
  const make = () => ({ type: 'doomed', payload: null, maxRetries: 0 })
  const args = () => ['--concurrency', '50']
  return onStage({ setting, daemons: DAEMONS[profile], make, args, ahead: count }, async (stage) => {
    const { client, crew, feed } = stage
    await crew.startAll()
    feed.allow(count)
    await until(async () => (feed.check(), (await readBooks(client.inspector)).dead === count), {
      what: `${count} tasks to die`,
      timeoutMs: STUCK_MS,
      everyMs: 50,
    })
    say(`${count} tasks are dead`)
    const ids = await deadIds(client.inspector)
    const fates = await operate(stage, ids, BATCH[profile])
    const violations = [...(await finish(stage)), ...(await checkFates(stage, ids, fates))]
    // What was purged was to be: it is not lost.
    for (const id of fates.purged) feed.acknowledged.delete(id)
    const extra = { replayed: fates.replayed.length, purged: fates.purged.length }
    return { ...(await closingLine(stage, { run: 'dlq', violations, extra })), tasks: count, acknowledged: count }
  })
}
