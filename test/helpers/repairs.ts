import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from './engine.ts'

type Item = readonly (string | number)[]

export const place = (id: string, entries = 0, attempts = ''): Item => ['place', id, attempts, entries]
export const grant = (nonce: string, ...ids: string[]): Item => ['grant', nonce, ids.length, ...ids]
export const note = (id: string): Item => ['note', id]

export interface RepairBench {
  readonly q: TestQueue
  /** The script `repair` with these findings. */
  readonly repair: (...items: Item[]) => Promise<unknown>
  /** The same: its answer, and what it changes of everything that is stored. */
  readonly mend: (...items: Item[]) => Promise<string>
}

/**
 * A queue with a task in every place there is: `dead`, `purged`, `pending`, `high` and `scheduled` where their names say,
 * `cancelled` as a ghost, `a`, `b` and `c` held by the grant `2-r`, of which `c` is asked to stop.
 */
export async function repairBench(): Promise<RepairBench> {
  const q = await openQueue()
  await q.kill(...tasksNamed('dead', 'purged'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'pending', 'cancelled'))
  await q.claim({ want: 3 })
  await q.run('cancel', { ids: ['c', 'cancelled'] })
  await q.enqueue(aTask('scheduled', { when: 'in', timeMs: 10 }), aTask('high', { priority: 'high' }))
  await q.expectSound()
  await q.raw.del(q.keys.wake)
  const repair = (...items: Item[]): Promise<unknown> =>
    q.run('repair', { leaseMs: LEASE_MS, by: 'me', items: items.flat() })
  return { q, repair, mend: (...items) => q.changes(() => repair(...items)) }
}
