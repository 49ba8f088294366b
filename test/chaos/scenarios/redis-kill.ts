import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../helpers/until.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import { type ChaosLine, spreadOf } from '../lib/line.ts'
import { powerCuts } from '../lib/power-cut.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage, type Stage, STUCK_MS } from '../lib/stage.ts'

const RESTARTS = { fast: 20, full: 20, short: 2 }
const BESIDE = { fast: 5, full: 5, short: 1 }
const DAEMONS = { fast: 3, full: 3, short: 2 }
/** Every daemon works again within this after Redis answers; a test promises nothing. */
const BACK_MS = { fast: 5_000, full: 5_000, short: 0 }
/** Redis is away for this at most, ms. */
const AWAY_MS = 500
const PACE = 120

type Fsync = 'always' | 'everysec'

/**
 * Kills Redis under load and starts it again from its file, again and again.
 * @returns how long each daemon took, from the answer of Redis on, to do a task that was enqueued after it, ms.
 */
async function restarts({ server, effects, feed, crew, setting }: Stage, count: number): Promise<number[]> {
  const choose = choicesOf(setting.seed, 'redis')
  const back: number[] = []
  for (let restart = 0; restart < count; restart++) {
    const enough = effects.read().done.size + choose.between(PACE / 2, PACE)
    await until(() => (feed.check(), effects.read().done.size >= enough), {
      what: `work between kill ${restart} and the one before`,
      timeoutMs: STUCK_MS,
    })
    await server.kill9()
    await pause(choose.below(AWAY_MS))
    await server.restart()
    const answersAtMs = Date.now()
    const fresh = feed.acknowledged.size
    const backAt = new Map<number, number>()
    let seen = effects.read().all.length
    await until(
      () => {
        const { all } = effects.read()
        for (; seen < all.length; seen++) {
          const { what, id, pid, atMs } = all[seen]!
          if (what === 'did' && numberOf(id) >= fresh && !backAt.has(pid)) backAt.set(pid, atMs - answersAtMs)
        }
        return crew.members.every(({ pid }) => backAt.has(pid))
      },
      { what: `all daemons to work after restart ${restart}`, timeoutMs: STUCK_MS },
    )
    back.push(...backAt.values())
    setting.say(`${restart + 1} of ${count} restarts, all at work after ${Math.max(...backAt.values())} ms`)
  }
  return back
}

const numberOf = (id: string): number => Number(id.slice(1))

function run(setting: Setting, fsync: Fsync, count: number): Promise<ChaosLine> {
  const { seed, profile } = setting
  const lengths = choicesOf(seed, 'lengths')
  const make = (n: number) => ({ type: 'work', id: `t${n}`, payload: { ms: lengths.between(2, 40) } })
  const redisArgs = ['--appendonly', 'yes', '--appendfsync', fsync]
  return onStage({ setting, daemons: DAEMONS[profile], make, redisArgs, ahead: 100 }, async (stage) => {
    stage.feed.allow(Number.MAX_SAFE_INTEGER)
    await stage.crew.startAll()
    const back = spreadOf(await restarts(stage, count))
    const violations = await finish(stage)
    const boundMs = BACK_MS[profile]
    if (boundMs > 0 && back.max > boundMs) violations.push(`a daemon took ${back.max} ms to work again`)
    return closingLine(stage, {
      run: 'redis-kill',
      violations,
      extra: { appendfsync: fsync, redis_kills: count, back_ms: back, back_bound_ms: boundMs },
    })
  })
}

/** Reported, not promised: the kernel has what Redis wrote, also when Redis dies. */
async function everysecOf(setting: Setting, count: number): Promise<Readonly<Record<string, unknown>>> {
  const { lost, acknowledged, back_ms, duplicate_commits, violations } = await run(setting, 'everysec', count)
  return { redis_kills: count, acknowledged, lost, duplicate_commits, back_ms, violations }
}

/**
 * Redis is killed and started from its append-only file. With `always` nothing acknowledged is lost. Beside it, and only
 * reported: the same with `everysec`, and what `everysec` loses when the machine itself loses power.
 */
export async function redisKill(setting: Setting): Promise<ChaosLine> {
  const startedAtMs = performance.now()
  const always = await run(setting, 'always', setting.faults ?? RESTARTS[setting.profile])
  const beside = Math.min(BESIDE[setting.profile], setting.faults ?? Number.MAX_SAFE_INTEGER)
  const everysec = setting.profile === 'short' ? undefined : await everysecOf(setting, beside)
  const power_cut = await powerCuts(setting, beside)
  const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10
  return { ...always, seconds, everysec, power_cut }
}
