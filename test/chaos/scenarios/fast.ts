import { choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { ChaosLine } from '../lib/line.ts'
import { type Setting, TIMES } from '../lib/setting.ts'
import { onStage, type Stage } from '../lib/stage.ts'

type Kind = 'kill' | 'pause' | 'end' | 'reset' | 'block'
type Faults = Readonly<Record<Kind, number>>

/** How many of each at full size. */
const FAULTS: Faults = { kill: 24, pause: 6, end: 6, reset: 8, block: 6 }
const TASKS = { fast: 20_000, full: 20_000, short: 1_000 }
const DAEMONS = { fast: 4, full: 4, short: 2 }
const LONGEST_MS = { fast: 150, full: 150, short: 40 }
/** How long a blocking task blocks, in lease times. */
const BLOCKS = 2 / 3

interface Fault {
  readonly kind: Kind
  readonly place: number
  /** Comes once so many more tasks were done. */
  readonly after: number
}

/** @param total of all kinds, at least one of each. */
function share(total: number | undefined): Faults {
  if (total === undefined) return FAULTS
  const full = Object.values(FAULTS).reduce((sum, n) => sum + n, 0)
  const shared = Object.entries(FAULTS).map(([kind, n]) => [kind, Math.max(1, Math.round((n * total) / full))])
  return Object.fromEntries(shared) as Record<Kind, number>
}

function plan(seed: number, faults: Faults, tasks: number, daemons: number): Fault[] {
  const choose = choicesOf(seed, 'faults')
  const kinds = Object.entries(faults).flatMap(([kind, n]) => Array.from({ length: n }, () => kind as Kind))
  return choose.shuffled(kinds).map((kind) => ({
    kind,
    place: choose.below(daemons),
    after: choose.between(1, Math.max(1, tasks / kinds.length / 2)),
  }))
}

/** @returns what went wrong, in words. */
async function strike(stage: Stage, { kind, place }: Fault): Promise<string[]> {
  const { crew, proxy, setting, client, feed } = stage
  const { leaseMs } = TIMES[setting.profile]
  switch (kind) {
    case 'kill':
      await stage.kill(place)
      crew.restart(place)
      return []
    case 'pause':
      await crew.pause(place, 1.5 * leaseMs)
      return []
    case 'end': {
      const problems = await crew.end(place)
      crew.restart(place)
      return problems
    }
    case 'reset':
      proxy.resetAll()
      return []
    case 'block': {
      const { id } = await client.enqueue('work', { spinMs: BLOCKS * leaseMs }, { priority: 'high' })
      feed.acknowledged.add(id)
      return []
    }
    default: {
      const none: never = kind
      return none
    }
  }
}

/** Everything at once: kills, pauses, graceful ends, lost connections, blocked processes. */
export function fast(setting: Setting): Promise<ChaosLine> {
  const { seed, profile, say } = setting
  const tasks = setting.tasks ?? TASKS[profile]
  const daemons = DAEMONS[profile]
  const lengths = choicesOf(seed, 'lengths')
  const make = () => ({ type: 'work', payload: { ms: lengths.between(2, LONGEST_MS[profile]) } })
  const faults = share(setting.faults)
  // Every second daemon reaches Redis through the proxy.
  return onStage({ setting, daemons, make, proxied: (at) => at % 2 === 0 }, async (stage) => {
    const { feed, crew, untilMore, effects } = stage
    const violations: string[] = []
    const planned = plan(seed, faults, tasks, daemons)
    const step = tasks / planned.length
    await crew.startAll()
    for (const [i, fault] of planned.entries()) {
      await crew.untilSpare(fault.place)
      feed.allowMore(step, tasks)
      await untilMore(fault.after)
      violations.push(...(await strike(stage, fault)))
      if (i % 5 === 4) say(`${i + 1} of ${planned.length} faults, ${effects.done.size} tasks done`)
    }
    feed.allow(tasks)
    await crew.ready()
    await feed.untilFed()
    violations.push(...(await finish(stage)))
    return closingLine(stage, {
      run: 'fast',
      violations,
      extra: { ends: faults.end, resets: stage.proxy.counts.resets, blocks: faults.block },
    })
  })
}
