import { setTimeout as pause } from 'node:timers/promises'
import type { LimitRule } from '../../../src/core/limit-rules.ts'
import { connect } from '../../helpers/redis.ts'
import { until } from '../../helpers/until.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { Effect } from '../lib/effects.ts'
import type { ChaosLine } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage, type Stage } from '../lib/stage.ts'

const DAEMONS = { fast: 4, full: 4, short: 2 }
const RATE = { limit: 50, perMs: 1_000, burst: 1 }
const RATE_SECONDS = { fast: 60, full: 60, short: 3 }
const KEYS = { fast: 1_000, full: 1_000, short: 20 }
const TASKS_PER_KEY = 5
const BACKLOG = { fast: 10_000, full: 10_000, short: 1_000 }
const IDLE_SECONDS = { fast: 10, full: 10, short: 1 }
const QUEUE = 'default'

async function setLimit({ client }: Stage, rule: LimitRule | undefined): Promise<void> {
  await client.operator.limits.set(QUEUE, 'work', rule)
}

const began = ({ effects }: Stage, from: number): Effect[] =>
  effects
    .read()
    .all.slice(from)
    .filter(({ what }) => what === 'began')

async function redisCpuMs({ redis }: Stage): Promise<number> {
  const info = String(await redis.call('INFO', 'cpu'))
  const part = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0)
  return 1_000 * (part('used_cpu_user') + part('used_cpu_sys'))
}

/** A backlog under a limit: what is not limited passes it at once, and the rest costs Redis next to nothing. */
async function backlog(stage: Stage, violations: string[]): Promise<Record<string, number>> {
  const { client, feed, setting } = stage
  const { profile } = setting
  await setLimit(stage, { rate: { limit: 1, perMs: 3_600_000, burst: 1, keyed: false } })
  const items = Array.from({ length: BACKLOG[profile] }, () => ({ type: 'work', payload: {} }))
  for (const result of await client.enqueueMany(items)) if ('id' in result) feed.acknowledged.add(result.id)
  const at = performance.now()
  const { id } = await client.enqueue('free', {})
  feed.acknowledged.add(id)
  await until(() => stage.effects.read().done.has(id), {
    what: 'the task that is under no limit',
    everyMs: 1,
    timeoutMs: 30_000,
  })
  const passedMs = Math.round(performance.now() - at)
  await until(async () => (await client.inspector.snapshot([QUEUE]))[0]!.limited >= BACKLOG[profile] - 1, {
    what: 'the backlog to wait',
    timeoutMs: 30_000,
  })
  const before = await redisCpuMs(stage)
  await pause(IDLE_SECONDS[profile] * 1_000)
  const idleShare = ((await redisCpuMs(stage)) - before) / (IDLE_SECONDS[profile] * 1_000)
  if (idleShare > 0.02) violations.push(`an idle backlog costs ${(100 * idleShare).toFixed(1)} % of Redis`)
  await setLimit(stage, undefined)
  await stage.untilDone(BACKLOG[profile] + 1)
  return { passed_ms: passedMs, idle_redis_percent: Math.round(1_000 * idleShare) / 10 }
}

/** Grants as Redis stores them: when each task may start, by its clock, ms. */
async function grantsOf({ server }: Stage): Promise<{ readonly times: number[]; readonly end: () => void }> {
  const raw = connect(server, { enableReadyCheck: false })
  const monitor = await raw.monitor()
  const times: number[] = []
  monitor.on('monitor', (_time: string, [command = '', key = '', , grant = '']: string[]) => {
    if (command.toUpperCase() !== 'HSET' || !key.endsWith(':grants')) return
    const [, atMs, , , ids = ''] = grant.split('|')
    for (const id of ids.split(' ')) if (id !== '') times.push(Number(atMs))
  })
  const end = (): void => {
    monitor.disconnect()
    raw.disconnect()
  }
  return { times, end }
}

/** The most starts of a second, and how far a bound of `limit * t + burst`, rounded up, is passed. */
function rateOf(starts: readonly number[]): { most: number; excess: number } {
  const times = starts.toSorted((a, b) => a - b)
  let [most, excess, from] = [0, 0, 0]
  for (let to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! >= 1_000) from++
    most = Math.max(most, to - from + 1)
  }
  for (let i = 0; i < times.length; i++) {
    for (let j = i; j < Math.min(times.length, i + 200); j++) {
      const bound = Math.ceil(((times[j]! - times[i]!) * RATE.limit) / RATE.perMs) + RATE.burst
      excess = Math.max(excess, j - i + 1 - bound)
    }
  }
  return { most, excess: Math.ceil(excess) }
}

async function rate(stage: Stage, violations: string[]): Promise<Record<string, number>> {
  const { client, feed, setting, effects } = stage
  const seconds = RATE_SECONDS[setting.profile]
  const total = RATE.limit * seconds
  await setLimit(stage, { rate: { ...RATE, keyed: false } })
  const from = effects.read().all.length
  const goal = effects.done.size + total * 2
  const grants = await grantsOf(stage)
  const items = Array.from({ length: total * 2 }, () => ({ type: 'work', payload: {} }))
  for (const result of await client.enqueueMany(items)) if ('id' in result) feed.acknowledged.add(result.id)
  await until(() => began(stage, from).length > 0)
  const startMs = began(stage, from)[0]!.atMs
  await pause(seconds * 1_000)
  const starts = grants.times.filter((atMs) => atMs < startMs + seconds * 1_000)
  grants.end()
  const { most, excess } = rateOf(starts)
  if (excess > 0) violations.push(`${excess} more started than ${RATE.limit}/s let`)
  await setLimit(stage, undefined)
  await stage.untilDone(goal)
  return {
    rate_seconds: seconds,
    rate_started: starts.length,
    rate_share_percent: Math.round((1_000 * starts.length) / total) / 10,
    rate_most_in_1s: most,
  }
}

/** One at a time of each key, in order, with every slot busy. */
async function keys(stage: Stage, violations: string[]): Promise<Record<string, number>> {
  const { client, feed, setting, effects } = stage
  const count = KEYS[setting.profile]
  await setLimit(stage, { slots: { most: 1, keyed: true } })
  const from = effects.read().all.length
  const goal = effects.done.size + count * TASKS_PER_KEY
  const items = Array.from({ length: count * TASKS_PER_KEY }, (_, n) => ({
    type: 'work',
    payload: { ms: 50 },
    id: `k${n % count}.${Math.floor(n / count)}`,
    limitKey: `k${n % count}`,
  }))
  const at = performance.now()
  for (const result of await client.enqueueMany(items)) if ('id' in result) feed.acknowledged.add(result.id)
  await stage.untilDone(goal)
  const tookMs = performance.now() - at
  const running = new Map<string, string>()
  const next = new Map<string, number>()
  for (const { what, id } of effects.read().all.slice(from)) {
    const [key = '', n = ''] = id.split('.')
    if (what === 'did') running.delete(key)
    else {
      if (running.has(key)) violations.push(`${id} started while ${running.get(key)!} ran`)
      if (Number(n) !== (next.get(key) ?? 0)) violations.push(`${id} started before its turn`)
      running.set(key, id)
      next.set(key, Number(n) + 1)
    }
  }
  await setLimit(stage, undefined)
  const slots = DAEMONS[setting.profile] * 20
  return {
    keys: count,
    keys_took_ms: Math.round(tookMs),
    slots_busy_percent: Math.round((100 * count * TASKS_PER_KEY * 50) / (slots * tookMs)),
  }
}

/** Rates and slots over several daemons: never more than they let, hardly less, in order, and nothing else is held up. */
export function limits(setting: Setting): Promise<ChaosLine> {
  const make = () => ({ type: 'work', payload: {} })
  return onStage({ setting, daemons: DAEMONS[setting.profile], make }, async (stage) => {
    await stage.crew.startAll()
    const violations: string[] = []
    const extra: Record<string, number> = {}
    for (const [name, part] of Object.entries({ backlog, rate, keys })) {
      Object.assign(extra, await part(stage, violations))
      setting.say(`${name} played`)
    }
    violations.push(...(await finish(stage)))
    return closingLine(stage, { run: 'limits', violations: violations.slice(0, 20), extra })
  })
}
