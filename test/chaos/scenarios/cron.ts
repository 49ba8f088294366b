import { setTimeout as pause } from 'node:timers/promises'
import { readBooks } from '../lib/books.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { ChaosLine } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage, type Stage } from '../lib/stage.ts'

const SCHEDULES = { fast: 20, full: 20, short: 6 }
const SECONDS = { fast: 120, full: 120, short: 6 }
const DAEMONS = { fast: 4, full: 4, short: 2 }
const SECONDS_PER_KILL = { fast: 5, full: 5, short: 3 }
const EVERY_MS = 1_000
/** A schedule that is removed may have had its last slot so long ago. */
const LAST_MS = 2 * EVERY_MS

/** Kills daemons at times of the seed, as long as schedules fire. */
async function killFor(stage: Stage, seconds: number, kills: number): Promise<void> {
  const { crew, setting } = stage
  const choose = choicesOf(setting.seed, 'victims')
  const endAtMs = performance.now() + seconds * 1_000
  const stepMs = (seconds * 1_000) / (kills + 1)
  for (let kill = 0; kill < kills; kill++) {
    const dueMs = endAtMs - seconds * 1_000 + stepMs * (kill + choose.between(50, 100) / 100)
    await pause(Math.max(0, dueMs - performance.now()))
    const place = choose.below(crew.size)
    await crew.untilSpare(place)
    await stage.kill(place)
    crew.restart(place)
    if (kill % 5 === 4) setting.say(`${kill + 1} of ${kills} kills, ${stage.effects.read().done.size} slots fired`)
  }
  await crew.ready()
  await pause(Math.max(0, endAtMs - performance.now()))
}

interface Rhythm {
  readonly name: string
  readonly anchorMs: number
  readonly removedAtMs: number
}

/** What is wrong with the slots of one schedule, in words. */
function gapsOf({ name, anchorMs, removedAtMs }: Rhythm, ids: Iterable<string>): string[] {
  const slots = new Set<number>()
  for (const id of ids) if (id.startsWith(`${name}:`)) slots.add(Number(id.slice(name.length + 1)))
  const last = Math.max(anchorMs, ...slots)
  const problems: string[] = []
  for (let slot = anchorMs + EVERY_MS; slot <= last; slot += EVERY_MS)
    if (!slots.delete(slot)) problems.push(`schedule ${name} missed ${slot}`)
  for (const slot of slots) problems.push(`schedule ${name} fired at ${slot}, which is none of its slots`)
  if (last < removedAtMs - LAST_MS) problems.push(`schedule ${name} fired last at ${last}, removed at ${removedAtMs}`)
  return problems
}

/** Many schedulers fire the same schedules, which miss nothing, while some of them are killed: each slot fires once. */
export function cron(setting: Setting): Promise<ChaosLine> {
  const { profile } = setting
  const count = SCHEDULES[profile]
  const seconds = setting.tasks === undefined ? SECONDS[profile] : Math.ceil(setting.tasks / count)
  const kills = setting.faults ?? Math.floor(seconds / SECONDS_PER_KILL[profile])
  const make = () => ({ type: 'work', payload: {} })
  return onStage({ setting, daemons: DAEMONS[profile], make }, async (stage) => {
    const { client, crew, effects, feed } = stage
    await crew.startAll()
    const saved = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        client.operator.saveSchedule({
          name: `every${n}`,
          spec: '@every 1s',
          missed: 'all',
          type: 'work',
          payload: { ms: 20 },
        }),
      ),
    )
    await killFor(stage, seconds, kills)
    const rhythms: Rhythm[] = []
    for (const { name, createdAtMs } of saved) {
      await client.operator.removeSchedule(name)
      rhythms.push({ name, anchorMs: createdAtMs, removedAtMs: Date.now() })
    }
    const violations = await finish(stage)
    const ids = [...effects.read().done.keys()]
    // What fired was enqueued: nothing else is here, and a loss of it shows as a gap.
    for (const id of ids) feed.acknowledged.add(id)
    for (const rhythm of rhythms) violations.push(...gapsOf(rhythm, ids))
    const { enqueued } = await readBooks(client.inspector)
    if (enqueued !== ids.length) violations.push(`${enqueued} slots fired, ${ids.length} were done`)
    return closingLine(stage, { run: 'cron', violations, extra: { schedules: count, fired: enqueued } })
  })
}
