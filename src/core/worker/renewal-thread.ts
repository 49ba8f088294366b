import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Broker } from '../broker.ts'
import { messageOf } from '../errors.ts'
import { queueKeys } from '../keys.ts'
import { openRedis } from '../redis.ts'
import { LiveGrants } from './live-grants.ts'
import { Nudged, type NudgedParts } from './nudged.ts'
import { failOverdue } from './overdue.ts'
import type { RenewalData, RenewalMessage } from './renewal-messages.ts'

/**
 * Keeps the leases of a worker alive from a thread and a connection of its own, so that a handler that blocks the event
 * loop does not lose them. A task that is past its deadline and grace, because nothing in its process reacts, ends here.
 */
const data = workerData as RenewalData
const port = parentPort!
const redis = openRedis({ ...data.redis, name: 'dq-worker-renew' })
const ears = redis.duplicate('dq-worker-cancels')
const broker = new Broker(redis, { namespace: data.namespace })
const grants = new LiveGrants(data.grants)
/** Lost, though the worker may still have to learn it. */
const gone = new Set<string>()
const nudged = new Map<string, Nudged>()
const everyMs = data.leaseMs / 3
const soonMs = Math.min(Math.max(data.leaseMs / 20, 20), 1000)
const pulse = new Float64Array(data.pulse)
/** Longer than any pause that a process gets over: one of these may still be running well. */
const STUCK_MS = 10_000
let isEnding = false
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
async function renewQueueOrTell(queue: string, entries: ReadonlyMap<string, number>): Promise<boolean> {
  try {
    await renewQueue(queue, entries)
    return true
  } catch (error) {
    tell({ kind: 'trouble', queue, message: messageOf(error) })
    return false
  }
}

/** Nothing that this process believes to hold is its own any more; if it cannot learn that, it will not claim again either. */
function endIfStuck(): void {
  const stuckMs = workerNow() - (pulse[0] ?? 0)
  if (!data.endsWhenStuck || stuckMs < STUCK_MS) return
  const seconds = Math.round(stuckMs / 1000)
  // The process's own streams wait for the event loop that is blocked.
  writeSync(
    2,
    `dq: the event loop is blocked for ${seconds} s and all its tasks have been given up; ending the process\n`,
  )
  process.kill(process.pid, 'SIGKILL')
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
  if (byLane.size === 0 && alive.size > 0) endIfStuck()
  const all = await Promise.all(Array.from(byLane, ([lane, entries]) => renewQueueOrTell(data.queues[lane]!, entries)))
  return all.every(Boolean)
}

function aliveEntries(): Map<string, number> {
  const entries = new Map<string, number>()
  for (const { entry, nonce } of grants.alive()) if (!gone.has(nonce)) entries.set(nonce, entry)
  return entries
}

/** A cancel is told to whoever holds the task; what it says is only when to ask Redis. */
async function listen(): Promise<void> {
  const parts: NudgedParts = { alive: aliveEntries, renew: renewQueueOrTell }
  for (const queue of data.queues)
    nudged.set(queueKeys(data.namespace, queue, data.worker).cancels, new Nudged(queue, parts))
  try {
    await ears.subscribe([...nudged.keys()], (channel, nonce) => nudged.get(channel)?.hear(nonce))
    // What was said before, or while the connection was lost, was not heard.
    ears.onState((state) => state === 'up' && turnNow())
    turnNow()
  } catch (error) {
    // Without it a cancel takes until the next renewal.
    if (!isEnding)
      tell({ kind: 'trouble', queue: data.queues[0] ?? '', message: `no word of cancels: ${messageOf(error)}` })
  }
}

async function turn(): Promise<void> {
  timer = undefined
  const beganAt = performance.now()
  const isWell = await renewAll()
  if (isEnding) return
  timer = setTimeout(() => void turn(), Math.max(1, (isWell ? everyMs : soonMs) - (performance.now() - beganAt)))
}

/** A turn that is under way has asked, or asks again in time. */
function turnNow(): void {
  if (timer === undefined) return
  clearTimeout(timer)
  void turn()
}

port.on('message', () => {
  isEnding = true
  clearTimeout(timer)
  for (const one of nudged.values()) one.close()
  ears.drop()
  redis.drop()
  port.close()
})
timer = setTimeout(() => void turn(), everyMs)
void listen()
tell({ kind: 'ready' })
