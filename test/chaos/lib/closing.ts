import { messageOf } from '../../../src/core/errors.ts'
import { until } from '../../helpers/until.ts'
import { deadIds, driftOf, endedOf, readBooks } from './books.ts'
import { type ChaosLine, spreadOf } from './line.ts'
import { TIMES } from './setting.ts'
import { type Play, STUCK_MS } from './stage.ts'

export interface ClosingOptions {
  readonly run: string
  /** Whether the bound of the profile is promised for recoveries. */
  readonly promisesRecovery?: boolean
  /** A server took over that had not all of what the one before had done: counts may be behind, and work is done again. */
  readonly rewinds?: boolean
  /** Found by the run itself, in words. */
  readonly violations?: readonly string[]
  /** Figures of the run itself. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Waits until every task has ended and the dead hold nothing, then ends the daemons. @returns what went wrong there. */
export async function finish({ feed, client, crew, recovery }: Play): Promise<string[]> {
  await feed.stop()
  const problems: string[] = []
  try {
    await until(
      async () => {
        const books = await readBooks(client.inspector)
        return endedOf(books) >= books.enqueued
      },
      { what: 'all tasks to end', timeoutMs: STUCK_MS, everyMs: 50 },
    )
  } catch (error) {
    problems.push(messageOf(error)) // it took too long: the run has failed, and its figures are wanted all the same
  }
  await recovery.settled()
  return [...problems, ...recovery.problems, ...(await crew.endAll())]
}

/** Compares what was acknowledged, what was done, and what Redis says. Nothing may move any more. */
export async function closingLine(stage: Play, options: ClosingOptions): Promise<ChaosLine> {
  const { setting, client, effects, feed, crew, recovery } = stage
  const { acknowledged } = feed
  const { done, executions } = effects.read()
  const books = await readBooks(client.inspector)
  const died = new Set(await deadIds(client.inspector))
  const lost = [...acknowledged].filter((id) => !done.has(id) && !died.has(id))
  const boundMs = options.promisesRecovery === true ? TIMES[setting.profile].boundMs : 0
  const recoveryMs = spreadOf(recovery.times)
  const duplicateExecutions = executions - done.size
  const duplicateCommits = Math.max(0, endedOf(books) - books.enqueued)
  const violations = [...(options.violations ?? [])]
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) violations.push(otherwise)
  }
  expect(lost.length === 0, `${lost.length} acknowledged tasks are lost: ${lost.slice(0, 5).join(' ')}`)
  expect(duplicateCommits === 0, `${duplicateCommits} tasks ended twice`)
  expect(endedOf(books) >= books.enqueued, `${books.enqueued - endedOf(books)} tasks have not ended`)
  const isExact = options.rewinds !== true
  const acknowledgedAll = `${acknowledged.size} were acknowledged, ${books.enqueued} enqueued`
  expect(!isExact || books.enqueued >= acknowledged.size, acknowledgedAll)
  expect(done.size >= books.completed, `${books.completed} tasks completed, but only ${done.size} were done`)
  expect(
    !isExact || duplicateExecutions <= books.reclaimed,
    `${duplicateExecutions} executions beyond one per task, but only ${books.reclaimed} tasks were taken back`,
  )
  expect(boundMs === 0 || recoveryMs.max <= boundMs, `a recovery took ${recoveryMs.max} ms`)
  for (const drift of await driftOf(client.inspector)) violations.push(drift)
  return {
    run: options.run,
    seed: setting.seed,
    profile: setting.profile,
    tasks: acknowledged.size,
    enqueued: books.enqueued,
    acknowledged: acknowledged.size,
    executed: done.size,
    lost: lost.length,
    duplicate_executions: duplicateExecutions,
    duplicate_commits: duplicateCommits,
    stale_rejected: books.stale,
    dead: books.dead,
    kills: crew.kills,
    pauses: crew.pauses,
    recovery_ms: recoveryMs,
    bound_ms: boundMs,
    violations,
    seconds: Math.round((performance.now() - stage.startedAtMs) / 100) / 10,
    reclaimed: books.reclaimed,
    ...stage.gaps.figures,
    ...options.extra,
  }
}
