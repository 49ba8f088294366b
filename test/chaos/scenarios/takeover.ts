import { setTimeout as pause } from 'node:timers/promises'
import { queueKeys } from '../../../src/core/keys.ts'
import { until } from '../../helpers/until.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import { type ChaosLine, spreadOf } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { NAMESPACE, type Play, playOn, STUCK_MS } from '../lib/stage.ts'
import { clusterTakeover, sentinelTakeover, SILENT_MS, type Takeover } from '../lib/takeover.ts'

const ROUNDS = { fast: 30, full: 30, short: 1 }
const DAEMONS = { fast: 3, full: 3, short: 2 }
/** So long after another server has taken over every daemon works again; a test promises nothing. */
const AFTER_MS = { fast: 3_000, full: 3_000, short: Infinity }
const QUEUES = ['default', 'a', 'b', 'c', 'd', 'e']
const PACE = 300
/** What may have been under way when the fault struck, tasks. */
const UNDER_WAY = 200

/** Redis stops writes for so long when a handover by hand gives up, ms. */
const HANDOVER_MS = 6_000
const LOOK_MS = 20

interface Round {
  /** Until every daemon had done a task that was enqueued after the fault. */
  readonly backMs: number
  readonly takenOverMs: number | undefined
}

const numberOf = (id: string): number => Number(id.slice(1))

/** How long each daemon takes to do a task of the first queue that was enqueued after now, ms. */
async function backAgain({ effects, feed, crew }: Play, what: string): Promise<number[]> {
  const struckAtMs = Date.now()
  const fresh = feed.acknowledged.size + UNDER_WAY
  const backAt = new Map<number, number>()
  let seen = effects.read().all.length
  await until(
    () => {
      feed.check()
      const { all } = effects.read()
      for (; seen < all.length; seen++) {
        const { what: happened, id, pid, atMs } = all[seen]!
        const n = numberOf(id)
        if (happened !== 'did' || n < fresh || n % QUEUES.length !== 0 || backAt.has(pid)) continue
        backAt.set(pid, atMs - struckAtMs)
      }
      return crew.members.every(({ pid }) => backAt.has(pid))
    },
    { what: `all daemons to work after ${what}`, timeoutMs: STUCK_MS },
  )
  return [...backAt.values()]
}

/** When another server is the primary, ms from now; undefined when none has become it meanwhile. */
async function takenOver(
  { primary }: Takeover,
  was: number | undefined,
  isOver: () => boolean,
): Promise<number | undefined> {
  const startedAtMs = performance.now()
  while ((await primary()) === was) {
    if (isOver()) return undefined
    await pause(LOOK_MS)
  }
  return Math.round(performance.now() - startedAtMs)
}

async function rounds(one: Play, takeover: Takeover, count: number): Promise<Map<string, Round[]>> {
  const { effects, feed, setting } = one
  const choose = choicesOf(setting.seed, 'takeover')
  const names = Object.keys(takeover.faults)
  const all = new Map<string, Round[]>(names.map((name) => [name, []]))
  for (let round = 0; round < count; round++) {
    const enough = effects.read().done.size + choose.between(PACE / 2, PACE)
    await until(() => (feed.check(), effects.read().done.size >= enough), {
      what: `work before round ${round}`,
      timeoutMs: STUCK_MS,
    })
    const name = names[round % names.length]!
    let isBack = false
    const was = await takeover.primary()
    const change = takenOver(takeover, was, () => isBack)
    const struck = takeover.faults[name]!()
    const backMs = Math.max(...(await backAgain(one, `${name}, round ${round}`)))
    isBack = true
    const [mend, takenOverMs] = await Promise.all([struck, change])
    all.get(name)!.push({ backMs, takenOverMs })
    setting.say(`${round + 1} of ${count}: ${name}, taken over after ${takenOverMs} ms, all at work after ${backMs} ms`)
    await mend()
  }
  return all
}

/** @param durability of every task; `replica` can only be reached while there is one. */
async function run(setting: Setting, kind: string, takeover: Takeover, durability?: 'replica'): Promise<ChaosLine> {
  const { profile } = setting
  const lengths = choicesOf(setting.seed, 'lengths')
  const make = (n: number) => ({
    type: 'work',
    id: `t${n}`,
    queue: QUEUES[n % QUEUES.length]!,
    payload: { ms: lengths.between(2, 40) },
    durability,
  })
  const args = () => ['--concurrency', '20', '--queues', QUEUES.join(',')]
  const place = { dir: takeover.dir, redisUrl: () => takeover.url }
  try {
    return await playOn(place, { setting, daemons: DAEMONS[profile], make, args, ahead: 300 }, async (one) => {
      one.feed.allow(Number.MAX_SAFE_INTEGER)
      await one.crew.startAll()
      const all = await rounds(one, takeover, setting.faults ?? ROUNDS[profile])
      const violations = await finish(one)
      for (const [name, them] of all)
        for (const { backMs, takenOverMs = 0 } of them)
          if (backMs > takenOverMs + AFTER_MS[profile] && backMs > HANDOVER_MS)
            violations.push(`${name}: a daemon worked again ${backMs - takenOverMs} ms after the takeover`)
      const spreads = Object.fromEntries(
        Array.from(all, ([name, them]) => [
          name,
          {
            rounds: them.length,
            back_ms: spreadOf(them.map(({ backMs }) => backMs)),
            taken_over_ms: spreadOf(them.flatMap(({ takenOverMs }) => takenOverMs ?? [])),
          },
        ]),
      )
      return closingLine(one, {
        run: kind,
        violations,
        rewinds: true,
        extra: { durability: durability ?? 'memory', silent_ms: SILENT_MS, faults: spreads },
      })
    })
  } finally {
    await takeover.stop()
  }
}

/** The primary of a queue is killed, hangs, hands over, and loses its slot, while tasks run in queues of all primaries. */
export const cluster = async (setting: Setting): Promise<ChaosLine> =>
  run(setting, 'cluster', await clusterTakeover(queueKeys(NAMESPACE, QUEUES[0]!, 'chaos').tasks))

/** The same to a primary that Sentinels watch. */
export const sentinel = async (setting: Setting): Promise<ChaosLine> =>
  run(setting, 'sentinel', await sentinelTakeover(), 'replica')
