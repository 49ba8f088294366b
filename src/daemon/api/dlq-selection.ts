import { parseFilter } from '../../core/filter/filter.ts'
import type { OperationKind } from '../../core/operations.ts'
import type { OperationInfo } from '../../core/task.ts'
import type { Api } from './route.ts'

/** Of a dry run: what is looked at. */
const SCAN_MOST = 20_000
const PAGE = 500
/** So long a request drives its operation itself; daemons with the role `reaper` drive it on. */
const DRIVEN_MS = 500

/** How many of these are dead. */
export async function countIds(api: Api, queue: string, ids: readonly string[]) {
  const tasks = await Promise.all([...new Set(ids)].map((id) => api.inspector.task(id, queue)))
  const matched = tasks.filter((task) => task?.state === 'dead').length
  return { operation: null, dry_run: true, scanned: ids.length, matched }
}

/** How many dead tasks match, of as many as were `scanned`. @throws DqError `invalid_input` for a bad filter. */
export async function countMatches(api: Api, queue: string, filter: string) {
  const { matches } = parseFilter(filter)
  const [snapshot] = await api.inspector.snapshot([queue])
  const { atMs, dead: total } = snapshot!
  let [scanned, matched] = [0, 0]
  let cursor: string | undefined
  do {
    const page = await api.inspector.deadPage(queue, { cursor, limit: PAGE, where: (task) => matches(task, atMs) })
    scanned += page.scanned
    matched += page.items.length
    cursor = page.cursor
  } while (cursor !== undefined && scanned < SCAN_MOST)
  return { operation: null, dry_run: true, scanned, matched, total }
}

interface Begun {
  readonly kind: OperationKind
  readonly filter: string
  readonly now?: boolean | undefined
}

/**
 * Begins an operation over what matches, and drives it on for a moment, so that a small one is done with the answer.
 * @throws DqError `invalid_input` for a bad filter.
 */
export async function operate(api: Api, by: string, queue: string, { kind, filter, now }: Begun) {
  const operations = api.operations(by)
  const begun = await operations.begin(queue, { kind, filter, now })
  const endMs = performance.now() + DRIVEN_MS
  while (performance.now() < endMs && (await operations.step(queue, begun.id)).waitMs === 0);
  const { state, scanned, done, skipped, total }: OperationInfo = (await operations.find(queue, begun.id)) ?? begun
  const counts = { scanned, matched: done + skipped, total, state, skipped }
  const past = kind === 'replay' ? { replayed: done } : { purged: done }
  return {
    status: state === 'running' ? 202 : 200,
    body: { operation: begun.id, dry_run: false, ...counts, ...past },
  }
}
