import { parentPort, workerData } from 'node:worker_threads'
import { Broker } from '../broker.ts'
import { messageOf } from '../errors.ts'
import { openRedis } from '../redis.ts'
import { LiveGrants } from './live-grants.ts'
import { failOverdue } from './overdue.ts'
import type { RenewalData, RenewalMessage } from './renewal-messages.ts'

/**
 * Keeps the leases of a worker alive from a thread and a connection of its own, so that a handler that blocks the event
 * loop does not lose them. A task that is past its deadline and grace, because nothing in its process reacts, ends here.
 */
const data = workerData as RenewalData
const port = parentPort!
const redis = openRedis({ ...data.redis, name: 'dq-worker-renew' })
const broker = new Broker(redis, { namespace: data.namespace })
const grants = new LiveGrants(data.grants)
/** Lost, though the worker may still have to learn it. */
const gone = new Set<string>()
const everyMs = data.leaseMs / 3
const soonMs = Math.min(Math.max(data.leaseMs / 20, 20), 1000)
let timer: NodeJS.Timeout | undefined

const tell = (message: RenewalMessage): void => port.postMessage(message)
const workerNow = (): number => Number(process.hrtime.bigint()) / 1e6 - data.originMs

async function renewQueue(queue: string, entries: ReadonlyMap<string, number>): Promise<void> {
  const sentAt = workerNow()
  for (const { nonce, lost, cancelled, overdue } of await broker.renew(
    queue,
    [...entries.keys()],
    data.leaseMs,
    data.graceMs,
  )) {
    if (lost) {
      gone.add(nonce)
      tell({ kind: 'lost', nonce })
      continue
    }
    grants.setRenewedAt(entries.get(nonce)!, sentAt)
    if (cancelled.length > 0) tell({ kind: 'cancelled', nonce, ids: cancelled })
    for (const id of overdue)
      if (await failOverdue({ redis, broker, data, queue, nonce, id })) tell({ kind: 'overdue', nonce, id })
  }
}

/** @returns whether all went well. */
async function renewAll(): Promise<boolean> {
  const byLane = new Map<number, Map<string, number>>()
  const alive = new Set<string>()
  for (const { entry, lane, nonce } of grants.alive()) {
    alive.add(nonce)
    if (gone.has(nonce)) continue
    const entries = byLane.get(lane) ?? new Map<string, number>()
    byLane.set(lane, entries.set(nonce, entry))
  }
  for (const nonce of gone) if (!alive.has(nonce)) gone.delete(nonce)
  const all = await Promise.all(
    Array.from(byLane, async ([lane, entries]) => {
      const queue = data.queues[lane]!
      try {
        await renewQueue(queue, entries)
        return true
      } catch (error) {
        tell({ kind: 'trouble', queue, message: messageOf(error) })
        return false
      }
    }),
  )
  return all.every(Boolean)
}

async function turn(): Promise<void> {
  const beganAt = performance.now()
  const isWell = await renewAll()
  timer = setTimeout(() => void turn(), Math.max(1, (isWell ? everyMs : soonMs) - (performance.now() - beganAt)))
}

port.on('message', () => {
  clearTimeout(timer)
  redis.drop()
  port.close()
})
tell({ kind: 'ready' })
timer = setTimeout(() => void turn(), everyMs)
