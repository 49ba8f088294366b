import type { ChaosLine } from '../lib/line.ts'
import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage } from '../lib/stage.ts'

const KILLS = { fast: 200, full: 6, short: 6 }
const TASKS_PER_KILL = { fast: 100, full: 400, short: 60 }
/** How long tasks take: a daemon has to hold some whenever it is killed. */
const LONGEST_MS = { fast: 100, full: 1_000, short: 60 }
const DAEMONS = { fast: 4, full: 4, short: 2 }

interface Variant {
  /** By default that of its profile. */
  readonly run?: string
  /** Where the sources of the daemon in that place are. */
  readonly root?: (at: number) => string
}

/** Daemons are killed under load, one after the other, and started again. */
export function kills(setting: Setting, { run, root }: Variant = {}): Promise<ChaosLine> {
  const { seed, profile, say } = setting
  const count = setting.faults ?? KILLS[profile]
  const tasks = setting.tasks ?? count * TASKS_PER_KILL[profile]
  const daemons = DAEMONS[profile]
  const lengths = choicesOf(seed, 'lengths')
  const victims = choicesOf(seed, 'victims')
  const make = () => ({ type: 'work', payload: { ms: lengths.between(2, LONGEST_MS[profile]) } })
  return onStage({ setting, daemons, make, root }, async (stage) => {
    const { feed, crew, untilMore } = stage
    const step = tasks / count
    feed.allow(1)
    await feed.untilFed()
    await crew.startAll()
    for (let kill = 0; kill < count; kill++) {
      const place = victims.below(daemons)
      await crew.untilSpare(place)
      feed.allowMore(step, tasks)
      // In the midst of its work: the rest of the step is in line, or in its hands.
      await untilMore(victims.between(1, step / 2))
      await stage.kill(place)
      crew.restart(place)
      if (kill % 10 === 9) say(`${kill + 1} of ${count} kills, ${stage.effects.done.size} tasks done`)
    }
    feed.allow(tasks)
    await crew.ready()
    await feed.untilFed()
    const violations = await finish(stage)
    if (setting.tasks === undefined && stage.recovery.times.length === 0) violations.push('no kill hit a held task')
    return closingLine(stage, {
      run: run ?? (profile === 'full' ? 'full' : 'kills'),
      promisesRecovery: true,
      violations,
    })
  })
}
