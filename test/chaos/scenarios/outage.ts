import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosLine } from '../lib/line.ts'
import { until } from '../../helpers/until.ts'
import { readBooks } from '../lib/books.ts'
import { closingLine, finish } from '../lib/closing.ts'
import { type Setting, TIMES } from '../lib/setting.ts'
import { onStage, type Stage, STUCK_MS } from '../lib/stage.ts'

const OUTAGES = { fast: 4, full: 2, short: 2 }
const DAEMONS = { fast: 3, full: 3, short: 2 }
const SLOTS = 10
/** In lease times: how long Redis is away, and how long a task runs, which begins before and ends after. */
const AWAY = 2
const RUNS = 3.5

async function outage({ server, feed, effects, crew, setting }: Stage, round: number): Promise<void> {
  const { leaseMs } = TIMES[setting.profile]
  const each = crew.size * SLOTS
  const begun = (): number => effects.read().all.reduce((sum, { what }) => sum + (what === 'began' ? 1 : 0), 0)
  feed.allow((round + 1) * each)
  await until(() => (feed.check(), begun() >= (round + 1) * each), {
    what: `all tasks of round ${round} to run`,
    timeoutMs: STUCK_MS,
  })
  const hangs = round % 2 === 0
  if (hangs) server.freeze()
  else await server.kill9()
  await pause(AWAY * leaseMs)
  if (hangs) server.thaw()
  else await server.restart()
  setting.say(`Redis ${hangs ? 'hung' : 'was gone'} for ${AWAY} lease times`)
}

/** Redis hangs, or is gone, for two lease times while tasks run: no live worker may lose one. */
export function outages(setting: Setting): Promise<ChaosLine> {
  const { profile } = setting
  const { leaseMs } = TIMES[profile]
  const count = setting.faults ?? OUTAGES[profile]
  const make = (n: number) => ({
    type: 'work',
    id: `t${n}`,
    payload: { ms: RUNS * leaseMs },
    timeout: 10 * RUNS * leaseMs,
  })
  const redisArgs = ['--appendonly', 'yes', '--appendfsync', 'always']
  const args = () => ['--concurrency', String(SLOTS)]
  const daemons = DAEMONS[profile]
  const ahead = daemons * SLOTS
  return onStage({ setting, daemons, make, redisArgs, args, ahead }, async (stage) => {
    await stage.crew.startAll()
    for (let round = 0; round < count; round++) {
      await outage(stage, round)
      await stage.untilDone((round + 1) * ahead, STUCK_MS + RUNS * leaseMs)
    }
    const violations = await finish(stage)
    const { reclaimed } = await readBooks(stage.client.inspector)
    if (reclaimed > 0) violations.push(`${reclaimed} tasks were taken from live workers`)
    return closingLine(stage, { run: 'outage', violations, extra: { outages: count, false_reaps: reclaimed } })
  })
}
