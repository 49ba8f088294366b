import { cutTo } from '../text/fit.ts'
import type { OperationRow } from '../source/operation-rows.ts'
import { clock, duration, plural } from '../text/format.ts'
import { type Safe, NOTHING, join, safeLine, say, upper } from '../text/safe.ts'
import { type Fact, destination, phraseFor, source, whose } from './bulk-plans.ts'
import type { OperationPart, Plan } from './plan.ts'
import type { Scene } from './scene.ts'

/** What is meant by "all that match", counted but not listed. */
export interface Survey {
  readonly parts: readonly OperationPart[]
  readonly kinds: readonly { readonly type: Safe; readonly message: Safe; readonly count: number }[]
  readonly oldestMs: number | undefined
  readonly newestMs: number | undefined
}

export const countOfParts = (parts: readonly OperationPart[]): number =>
  parts.reduce((sum, { count }) => sum + count, 0)

/** `email x30, image.resize x1`, the most frequent first. */
function tallied(kinds: Survey['kinds'], of: (kind: Survey['kinds'][number]) => Safe): Safe {
  const groups = [...Map.groupBy(kinds, of)].map(
    ([name, all]) => [name, all.reduce((sum, { count }) => sum + count, 0)] as const,
  )
  const most = groups.toSorted(([, a], [, b]) => b - a)
  const named = most.slice(0, 3).map(([name, count]) => say`${name} x${count}`)
  return join(most.length > 3 ? [...named, say`${most.length - 3} more`] : named, ', ')
}

const RATES = [undefined, 200, 50, 10] as const

const nextRate = (now: number | undefined): number | undefined =>
  RATES[(RATES.findIndex((rate) => rate === now) + 1) % RATES.length]

function rateFact(perSecond: number | undefined): Fact {
  const now = perSecond === undefined ? say`as fast as it goes` : say`${perSecond} a second`
  const next = nextRate(perSecond)
  return [say`rate`, say`${now}; s: ${next === undefined ? say`as fast as it goes` : say`${next} a second`}`]
}

const ago = (ms: number | undefined, nowMs: number): Safe =>
  ms === undefined ? say`?` : say`${duration(nowMs - ms)} ago`

const VERBS = {
  replay: { word: say`replay`, what: 'replay' },
  delete: { word: say`delete`, what: 'purge' },
  purge: { word: say`purge`, what: 'purge' },
} as const

/** Before many tasks are replayed or purged by an operation that goes on by itself. */
export function operatePlan(scene: Scene, verb: keyof typeof VERBS, filter: string, survey: Survey): Plan {
  const { parts, kinds, oldestMs, newestMs } = survey
  const { word, what } = VERBS[verb]
  const n = countOfParts(parts)
  const asOfMs = parts.reduce((latest, { beforeMs }) => Math.max(latest, beforeMs), 0)
  const from: readonly Fact[] =
    what === 'replay'
      ? [
          [say`from`, source(parts)],
          [say`to`, destination(scene, parts)],
        ]
      : [[say`DELETES`, source(parts)]]
  const facts: readonly Fact[] = [
    ...from,
    [say`types`, tallied(kinds, ({ type }) => type)],
    [say`errors`, tallied(kinds, ({ message }) => cutTo(message, 40))],
    [say`frozen`, say`at ${clock(asOfMs)}: what dies later is NOT included`],
    [say`filter`, filter === '' ? say`none: all of them` : safeLine(filter, 60)],
    [say`age`, say`oldest ${ago(oldestMs, asOfMs)}, newest ${ago(newestMs, asOfMs)}`],
    [say`effect`, say`goes on by itself where a daemon runs; P pauses, C ends it`],
    [say`undo`, what === 'purge' ? say`U for 15 minutes, after that never` : say`none`],
    rateFact(undefined),
  ]
  return {
    act: { kind: 'operate', what, filter, parts },
    tier: 3,
    title: say`${upper(word)} ${filter === '' ? say`all ${n} dead` : say`${n} matching`} ─ ${whose(scene)}`,
    facts,
    question: say`${word} ${n}?`,
    phrase: phraseFor(scene, word, n),
  }
}

/** The same at the next rate. */
export function otherRate(plan: Plan): Plan {
  if (plan.act.kind !== 'operate') return plan
  const { perSecond, ...act } = plan.act
  const next = nextRate(perSecond)
  const facts = plan.facts.map((fact) => (fact[0] === 'rate' ? rateFact(next) : fact))
  return { ...plan, act: next === undefined ? act : { ...act, perSecond: next }, facts }
}

export type Steering = 'pause' | 'cancel'

/** `pause` resumes what is paused. */
export function steerPlan(row: OperationRow, steering: Steering): Plan {
  const what = say`the ${row.kind === 'replay' ? say`replay` : say`purge`} of ${row.queue}`
  const done = say`${plural(row.done, say`task`)} done`
  const isPaused = row.state === 'paused'
  const action = steering === 'cancel' ? 'cancel' : isPaused ? 'resume' : 'pause'
  const words = {
    cancel: say`End ${what}? ${done}, and that stays`,
    resume: say`Let ${what} go on? ${done} so far`,
    pause: say`Pause ${what}? ${done} so far`,
  }
  const act = { kind: 'steer', queue: row.queueKey, operation: row.key, action } as const
  return { act, tier: 1, title: NOTHING, facts: [], question: words[action], phrase: undefined }
}
