import type { FailurePolicy } from '../../../src/core/depend.ts'
import type { FlowNode } from '../../../src/core/flow.ts'
import { until } from '../../helpers/until.ts'
import { readBooks } from '../lib/books.ts'
import { type Choices, choicesOf } from '../lib/choices.ts'
import { closingLine, finish } from '../lib/closing.ts'
import type { ChaosLine } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { onStage, type Stage, STUCK_MS } from '../lib/stage.ts'

const NODES = { fast: 1_000, full: 1_000, short: 120 }
const KILLS = { fast: 6, full: 6, short: 2 }
const QUEUES = ['default', 'other'] as const
const POLICIES: readonly FailurePolicy[] = ['fail', 'fail', 'wait', 'ignore']
/** One node in so many fails at first, or is cancelled before it has ended. */
const FAILS_ONE_IN = 8
const CANCELLED_ONE_IN = 50

interface Parent {
  readonly at: number
  readonly policy: FailurePolicy
}

interface Plan {
  readonly node: FlowNode
  readonly parents: readonly Parent[]
}

/** A graph without cycles: each node depends on up to three of the forty before it. */
function planOf(count: number, { below, between }: Choices): Plan[] {
  return Array.from({ length: count }, (_, n) => {
    const least = Math.max(0, n - 40)
    const ats = new Set(Array.from({ length: n === 0 ? 0 : below(4) }, () => between(least, n - 1)))
    const parents = Array.from(ats, (at): Parent => ({ at, policy: POLICIES[below(POLICIES.length)]! }))
    const fails = below(FAILS_ONE_IN) === 0 ? between(1, 3) : 0
    const options = { queue: QUEUES[below(QUEUES.length)]!, maxRetries: below(2) }
    const dependsOn = parents.map(({ at, policy }) => ({ key: `n${at}`, onFailure: policy }))
    return { parents, node: { key: `n${n}`, task: 'node', payload: { ms: below(20), fails }, options, dependsOn } }
  })
}

/** Goes on replaying what dies until nothing is left to die. */
async function replayUntilOver(stage: Stage, count: number): Promise<number> {
  const { client } = stage
  let replayed = 0
  await until(
    async () => {
      for (const queue of QUEUES) {
        const { items } = await client.inspector.deadPage(queue, { limit: 100 })
        replayed += (
          await client.operator.replay(
            queue,
            items.map(({ id }) => id),
          )
        ).replayed.length
      }
      const { completed, cancelled } = await readBooks(client.inspector)
      return completed + cancelled >= count
    },
    { what: `${count} nodes to be over, with seed ${stage.setting.seed}`, timeoutMs: STUCK_MS, everyMs: 100 },
  )
  return replayed
}

/** Nodes that ran before what they depend on was done. */
function ranEarly(
  { effects }: Stage,
  plans: readonly Plan[],
  ids: readonly string[],
  gone: ReadonlySet<string>,
): string[] {
  const began = new Map<string, number>()
  const did = new Map<string, number>()
  for (const [at, { what, id }] of effects.read().all.entries()) {
    const times = what === 'began' ? began : did
    if (!times.has(id)) times.set(id, at)
  }
  return plans.flatMap(({ parents }, n) =>
    parents.flatMap(({ at, policy }) => {
      const [child, parent] = [ids[n]!, ids[at]!]
      const start = began.get(child)
      if (policy === 'ignore' || gone.has(parent) || start === undefined) return []
      return (did.get(parent) ?? Infinity) > start ? [`n${n} (${child}) ran before n${at} (${parent}) was done`] : []
    }),
  )
}

/** Cancels some nodes while the flow runs. @returns those that had not ended. */
async function cancelSome(stage: Stage, ids: readonly string[], choices: Choices): Promise<Set<string>> {
  const gone = new Set<string>()
  for (const id of choices.shuffled(ids).slice(0, Math.floor(ids.length / CANCELLED_ONE_IN))) {
    const outcome = await stage.client.cancel(id)
    if (outcome !== 'final' && outcome !== 'not_found') gone.add(id)
  }
  return gone
}

/** A flow over two queues ends, node by node, whoever is killed meanwhile; and no node runs before its parents are done. */
export function flow(setting: Setting): Promise<ChaosLine> {
  const { seed, profile, say } = setting
  const count = setting.tasks ?? NODES[profile]
  const kills = setting.faults ?? KILLS[profile]
  const choices = choicesOf(seed, 'flow')
  const plans = planOf(count, choices)
  const make = () => ({ type: 'node', payload: { ms: 0, fails: 0 } })
  const args = () => ['--concurrency', '20', '--queues', QUEUES.join()]
  return onStage({ setting, daemons: 2, make, args }, async (stage) => {
    const { client, crew, feed } = stage
    await crew.startAll()
    const { nodes } = await client.enqueueFlow({ nodes: plans.map(({ node }) => node) })
    const ids = plans.map(({ node }) => nodes[node.key]!.id)
    for (const id of ids) feed.acknowledged.add(id)
    const over = replayUntilOver(stage, count)
    over.catch(() => {}) // heard below
    const gone = await cancelSome(stage, ids, choices)
    for (let kill = 0; kill < kills; kill++) {
      const place = choices.below(crew.size)
      await crew.untilSpare(place)
      await stage.kill(place)
      crew.restart(place)
      say(`${kill + 1} of ${kills} kills, ${stage.effects.read().done.size} nodes done`)
    }
    await crew.ready()
    const replayed = await over
    const violations = [...(await finish(stage)), ...ranEarly(stage, plans, ids, gone)]
    for (const id of gone) feed.acknowledged.delete(id)
    const line = await closingLine(stage, { run: 'flow', violations, extra: { replayed, cancelled: gone.size } })
    return { ...line, tasks: count, acknowledged: count }
  })
}
