import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '../../../src/core/client.ts'
import { Discard, DqError, Snooze } from '../../../src/core/errors.ts'
import { defineTask, type TaskContext, type TaskDefinition } from '../../../src/core/handlers.ts'
import type { Choices } from '../lib/choices.ts'
import { isKind, type Kind, type Told } from './told.ts'

export const QUEUE = 'default'
export const TYPE = 'work'
/** Work in line is kept at about this. */
const AHEAD = 300
/** Longer than it takes to renew a lease. */
const SLOW_MS = 2_500

/** One that asks Redis for things, one after the other. */
export interface Actor {
  readonly client: Client
  readonly told: Told
  readonly choose: Choices
  /** Names what it makes; no other actor has it. */
  readonly name: string
}

export function workOf(told: Told): TaskDefinition[] {
  const run = async (payload: unknown, { id, signal }: TaskContext): Promise<void> => {
    const kind = isKind(payload) ? payload : 'ok'
    const runs = told.ran(id)
    if (kind === 'slow') await pause(SLOW_MS, undefined, { signal })
    if (kind === 'fail' && runs === 1) throw new Error('the first time it fails')
    if (kind === 'snooze' && runs === 1) throw new Snooze(5)
    if (kind === 'die') throw new Discard('it always dies')
  }
  const retry = { limit: 3, backoff: 'fixed', base: 5 } as const
  return [defineTask({ type: TYPE, retry, run }), defineTask({ type: 'tick', run })]
}

function aKind({ choose }: Actor): Kind {
  const at = choose.below(200)
  if (at < 20) return 'fail'
  if (at < 40) return 'snooze'
  if (at < 70) return 'die'
  return at === 70 ? 'slow' : 'ok'
}

/** Enqueues in every way there is, and checks what can be checked of each answer. */
export async function produce(actor: Actor, isOver: () => boolean): Promise<void> {
  const { told, choose } = actor
  const ways = [single, single, single, batch, ownId, byKey]
  for (let n = 0; !isOver(); n++) {
    if (told.open > AHEAD) {
      await pause(20)
      continue
    }
    try {
      await ways[choose.below(ways.length)]!(actor, n)
    } catch (error) {
      if (!(error instanceof DqError) || !error.isTransient) throw error
      told.unknown++ // one at most: the others of the same turn were told with it
    }
  }
}

async function single(actor: Actor): Promise<void> {
  const kinds = Array.from({ length: actor.choose.between(1, 4) }, () => aKind(actor))
  const delay = actor.choose.below(4) === 0 ? actor.choose.between(1, 50) : undefined
  const results = await Promise.all(
    kinds.map((kind) => actor.client.enqueue(TYPE, kind, delay === undefined ? {} : { delay })),
  )
  results.forEach((result, i) => {
    actor.told.fresh(kinds[i]!, result)
    actor.told.common.push(result.id)
  })
}

async function batch(actor: Actor, n: number): Promise<void> {
  const items = Array.from({ length: actor.choose.between(1, 8) }, (_, i) => ({
    type: TYPE,
    payload: aKind(actor),
    ...(i % 2 === 0 ? { id: `${actor.name}-${n}-${i}` } : {}),
  }))
  const results = await actor.client.enqueueMany(items)
  results.forEach((result, i) => {
    if ('error' in result) throw result.error
    actor.told.fresh(items[i]!.payload, result)
    actor.told.common.push(result.id)
  })
}

/** The same id again, at any time, is a duplicate. */
async function ownId({ client, told, name }: Actor, n: number): Promise<void> {
  const id = `${name}-own-${n}`
  told.fresh('ok', await client.enqueue(TYPE, 'ok', { id }))
  const again = await client.enqueue(TYPE, 'ok', { id })
  told.expect(again.outcome === 'duplicate' && again.id === id, `${id} again was answered ${again.outcome}`)
}

async function byKey({ client, told, name }: Actor, n: number): Promise<void> {
  const idempotencyKey = `${name}-key-${n}`
  const first = await client.enqueue(TYPE, 'ok', { idempotencyKey })
  told.fresh('ok', first)
  const again = await client.enqueue(TYPE, 'ok', { idempotencyKey })
  told.expect(again.outcome === 'duplicate' && again.id === first.id, `key of ${first.id} was answered ${again.id}`)
}

/** Changes things by hand. Only one actor `mayPause`, so that it knows what the answer has to be. */
export async function operate(actor: Actor, mayPause: boolean, isOver: () => boolean): Promise<void> {
  const ways = [cancel, cancel, hasten, replay, edit, purge, undo, bulk, mayPause ? pauseAndResume : cancel]
  while (!isOver()) {
    await ways[actor.choose.below(ways.length)]!(actor)
    await pause(10)
  }
}

async function cancel({ client, told, choose }: Actor): Promise<void> {
  const ids = [...new Set(Array.from({ length: 2 }, () => told.common.at(-1 - choose.below(AHEAD)) ?? ''))]
  const known = ids.filter((id) => id !== '')
  const words = await client.operator.cancel(QUEUE, known)
  known.forEach((id, i) => {
    if (words[i] === 'cancelled') {
      told.counts.cancelled++
      told.expect(!told.cancelled.has(id), `${id} was cancelled twice`)
      told.cancelled.add(id)
    }
  })
}

/** What waits for its time, and ran into nothing meanwhile: delayed, snoozed or before its next attempt. */
async function hasten({ client, told, choose }: Actor): Promise<void> {
  const { items } = await client.inspector.tasks(QUEUE, 'scheduled', { limit: 20 })
  const ids = choose.shuffled(items.map(({ id }) => id)).slice(0, 3)
  const words = await client.operator.hasten(QUEUE, [...ids, 'nobody'])
  told.expect(words.length === ids.length + 1 && words.at(-1) === 'not_found', `hasten was answered ${words.join()}`)
}

/** The payload as it was, so that the task does what it did; nobody else edits. */
async function edit(actor: Actor): Promise<void> {
  const { client, told } = actor
  const [id] = await someDead(actor)
  const shown = id === undefined ? undefined : await client.operator.editable(QUEUE, id)
  if (id === undefined || shown === undefined) return
  const { word } = await client.operator.replayEdited(QUEUE, id, shown, shown.payloadJson)
  told.expect(word !== 'changed', `an edit of ${id} was answered ${word}`)
  if (word !== 'replayed') return
  told.counts.replayed++
  told.replays.set(id, (told.replays.get(id) ?? 0) + 1)
}

async function someDead({ client, choose }: Actor): Promise<string[]> {
  const { items } = await client.inspector.deadPage(QUEUE, { limit: 20 })
  return choose.shuffled(items.map(({ id }) => id)).slice(0, 5)
}

async function replay(actor: Actor): Promise<void> {
  const { client, told } = actor
  const { replayed } = await client.operator.replay(QUEUE, await someDead(actor))
  told.counts.replayed += replayed.length
  for (const id of replayed) told.replays.set(id, (told.replays.get(id) ?? 0) + 1)
}

async function purge(actor: Actor): Promise<void> {
  const { client, told } = actor
  const { purged } = await client.operator.purge(QUEUE, (await someDead(actor)).slice(0, 2))
  told.counts.purged += purged.length
  for (const id of purged) told.purged.add(id)
}

/** A bulk operation that one dead task matches; somebody else may be quicker. */
async function bulk(actor: Actor): Promise<void> {
  const { client, told } = actor
  const [id] = await someDead(actor)
  if (id === undefined) return
  const { operations } = client
  const begun = await operations.begin(QUEUE, { kind: 'purge', filter: `id:${id}` })
  while ((await operations.step(QUEUE, begun.id)).waitMs !== undefined);
  const { state, done } = (await operations.find(QUEUE, begun.id))!
  told.expect(state === 'done' && done <= 1, `operation ${begun.id} ended ${state} with ${done} tasks`)
  told.counts.purged += done
  if (done === 1) told.purged.add(id)
}

async function undo({ client, told, choose }: Actor): Promise<void> {
  const { restored } = await client.operator.undo(QUEUE, { ids: choose.shuffled([...told.purged]).slice(0, 2) })
  told.counts.restored += restored.length
  for (const id of restored) told.purged.delete(id)
}

async function pauseAndResume({ client, told, choose }: Actor): Promise<void> {
  const paused = await client.operator.pause(QUEUE)
  told.expect(paused === 'paused', `pause was answered ${paused}`)
  await pause(choose.between(1, 20))
  const resumed = await client.operator.resume(QUEUE)
  told.expect(resumed === 'resumed', `resume was answered ${resumed}`)
}
