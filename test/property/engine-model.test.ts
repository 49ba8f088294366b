import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TRANSITIONS } from '../../src/core/states.ts'
import { openQueue } from '../helpers/engine.ts'
import { type Command, commands } from '../helpers/model-commands.ts'
import type { NewItem } from '../helpers/model-item.ts'
import { type Known, Trial } from '../helpers/model-trial.ts'

/** `DQ_MODEL_RUNS` sequences of about 40 commands; `DQ_MODEL_SEED` repeats those of another run. */
const RUNS = Number(process.env['DQ_MODEL_RUNS'] ?? 60)
/** How long one may take, behind a slow proxy (see `startRedis`) too. */
const EACH_MS = process.env['DQ_TEST_PROXY'] === undefined ? 1_000 : 12_000
const SEED = Number(process.env['DQ_MODEL_SEED'] ?? Date.now() % 2 ** 31)

/** Runs everything that is left to its end: nothing may be stuck, whatever happened before. */
async function drain(trial: Trial): Promise<void> {
  await trial.pause(false)
  const isOpen = (): boolean => [...trial.model.tasks.values()].some(({ spot }) => !['dead', 'trash'].includes(spot))
  for (let round = 0; round < 200 && isOpen(); round++) {
    trial.q.nowMs += 3_000
    await trial.reap()
    await trial.promote()
    await trial.claim('last', 4, true, undefined)
    const known = trial.known.at(-1)
    if (known) await trial.complete(known, 15, false)
    await trial.forward()
    const waits = (spot: string): boolean => spot === 'blocked' || spot === 'dead' || spot === 'trash'
    if ([...trial.model.tasks.values()].every(({ spot }) => waits(spot))) await letGo(trial)
  }
  expect(isOpen(), 'tasks are left that nobody can finish').toBe(false)
}

/** Nothing is blocked but by what is dead: when that is gone too, nothing is. */
async function letGo(trial: Trial): Promise<void> {
  const dead = [...trial.model.tasks.values()].filter(({ spot }) => spot === 'dead').map(({ id }) => id)
  if (dead.length > 0) await trial.purge(dead, true)
  trial.q.nowMs += 60_000
  await trial.sweep()
  await trial.forward()
}

async function play(sequence: readonly Command[]): Promise<void> {
  const trial = new Trial(await openQueue(), new Set())
  for (const command of sequence) await command.run(trial)
  await trial.q.expectSound()
  await drain(trial)
  await trial.q.expectSound()
  const keys = await trial.q.raw.keys(`${trial.q.namespace}:*`)
  if (keys.length > 0) await trial.q.raw.unlink(...keys)
}

test(
  `the engine and its model agree on every id, whatever happens in whatever order (seed ${SEED})`,
  { timeout: 60_000 + RUNS * 2 * EACH_MS },
  async () => {
    const property = fc.asyncProperty(commands, play)
    // A failure is made smaller until then, and told in time. Which moves there are is the matter of the tour below.
    const limits = { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 45_000 + RUNS * EACH_MS }
    await expect(fc.assert(property, limits)).resolves.toBeUndefined()
  },
)

/** Drives one trial through every move there is; `known` is the newest grant. */
class Tour {
  readonly trial: Trial
  #id = 0

  constructor(trial: Trial) {
    this.trial = trial
  }

  async add(count: number, shape: Partial<NewItem> = {}): Promise<void> {
    const none = { key: 9, unique: 9, replaces: false }
    const plain = { priority: 'default', when: 'now', timeMs: 0, payload: 0, ...none } as const
    await this.trial.enqueue(Array.from({ length: count }, () => ({ ...plain, id: 9, ...shape })))
  }

  /** Claims the `count` tasks next to run. */
  async claim(count: number): Promise<Known> {
    const before = this.trial.known.length
    await this.trial.claim(`w${this.#id++}`, count, true, 1)
    const known = this.trial.known[before]
    if (known === undefined) throw new Error('the tour claimed nothing')
    return known
  }

  async expire(): Promise<void> {
    for (let sweep = 0; sweep < 4; sweep++) {
      this.trial.q.nowMs += 3_000
      await this.trial.reap()
    }
  }

  async wait(ms: number): Promise<void> {
    this.trial.q.nowMs += ms
    await this.trial.promote()
  }

  /** Claims one task and asks for its cancel. */
  async claimAndCancel(): Promise<Known> {
    await this.add(1)
    const known = await this.claim(1)
    await this.trial.cancel([known.tasks[0]!.id])
    return known
  }
}

async function endings(tour: Tour): Promise<void> {
  const { trial } = tour
  await tour.add(5)
  const first = await tour.claim(5)
  await trial.renew([first])
  await trial.complete(first, 0b1, true)
  await trial.fail(first, 0b10, 'retry', 100)
  await trial.fail(first, 0b1100, 'dead', 0)
  await trial.release(first, 0b10000, 'front', 0)
  await trial.complete(await tour.claim(1), 1, true)
  await tour.wait(200)
  await trial.release(await tour.claim(1), 1, 'snooze', 100)
  await tour.wait(200)
  await trial.complete(await tour.claim(1), 1, true)
  await trial.replayEdited(first.tasks[2]!.id, 7, true)
  await trial.replayEdited(first.tasks[2]!.id, 7, false)
  await trial.release(await tour.claim(1), 1, 'unknown', 50_000)
  await trial.cancel([first.tasks[2]!.id])
  await trial.purge([first.tasks[3]!.id], false)
  await trial.undo([first.tasks[3]!.id])
  await trial.purge([first.tasks[3]!.id], true)
}

/** Into line and out of it, as the unique task that replaces it wants. */
async function replacements(tour: Tour): Promise<void> {
  const unique = { unique: 0, replaces: true } as const
  await tour.add(1, { ...unique, when: 'in', timeMs: 1_000 })
  await tour.add(1, unique)
  await tour.add(1, { ...unique, payload: 1 })
  await tour.add(1, { ...unique, when: 'in', timeMs: 100 })
  await tour.wait(200)
  await tour.trial.complete(await tour.claim(1), 1, true)
}

async function cancels(tour: Tour): Promise<void> {
  const { trial } = tour
  await tour.add(1, { when: 'in', timeMs: 100 })
  await tour.wait(200)
  await trial.complete(await tour.claim(1), 1, true)
  await trial.fail(await tour.claimAndCancel(), 1, 'retry', 0)
  await trial.release(await tour.claimAndCancel(), 1, 'front', 0)
  await tour.claimAndCancel()
  await tour.expire()
  await tour.add(1, { id: 0 })
  await trial.cancel(['own0'])
  await tour.add(1, { id: 1, when: 'in', timeMs: 1_000 })
  await trial.cancel(['own1'])
  await tour.add(1, { id: 2 })
  await trial.fail(await tour.claim(1), 1, 'retry', 5_000)
  await trial.hasten(['own2'])
  await trial.fail(await tour.claim(1), 1, 'retry', 5_000)
  await trial.cancel(['own2'])
  await tour.add(1, { id: 3, when: 'in', timeMs: 1_000 })
  await trial.hasten(['own3'])
  await trial.cancel(['own3'])
}

async function relatives(tour: Tour): Promise<void> {
  const { trial } = tour
  const none = { key: 9, unique: 9, replaces: false } as const
  const plain = { id: 9, priority: 'default', when: 'now', timeMs: 0, payload: 0, ...none } as const
  const later = { ...plain, when: 'in', timeMs: 100 } as const
  await tour.add(1)
  const first = await tour.claim(1)
  const { id } = first.tasks[0]!
  await trial.flow([[id, 'fail']], plain)
  await trial.flow([[id, 'fail']], later)
  await trial.complete(first, 1, true)
  await trial.forward()
  await trial.flow([[id, 'fail']], plain)
  await trial.flow([[id, 'fail']], later)
  await tour.wait(200)
  await trial.complete(await tour.claim(4), 15, true)
  await tour.add(1)
  const second = await tour.claim(1)
  const parent = second.tasks[0]!.id
  await trial.flow([[parent, 'fail']], plain)
  await trial.flow([[parent, 'fail']], plain)
  const blocked = [...trial.model.tasks.values()].filter(({ spot }) => spot === 'blocked').map((task) => task.id)
  await trial.cancel(blocked.slice(1))
  await trial.fail(second, 1, 'dead', 0)
  await trial.forward()
  await trial.flow([[parent, 'fail']], plain)
  await trial.replay(blocked)
  const dead = [...trial.model.tasks.values()].filter(({ spot }) => spot === 'dead').map((task) => task.id)
  await trial.purge(dead, true)
  await trial.forward()
  await trial.purge(blocked, true)
}

async function crashes(tour: Tour): Promise<void> {
  const { trial } = tour
  await tour.add(1)
  const late = await tour.claim(1)
  await tour.expire()
  await trial.complete(late, 1, true)
  await tour.add(1)
  await trial.fail(await tour.claim(1), 1, 'crash', 0)
  for (let life = 0; life < 4; life++) {
    await tour.claim(1)
    await tour.expire()
  }
  const dead = [...trial.model.tasks.values()].filter(({ spot }) => spot === 'dead').map(({ id }) => id)
  await trial.purge(dead, false)
}

test('every move of the table is made, from each of its places and to each of them', async () => {
  const observed = new Set<string>()
  const tour = new Tour(new Trial(await openQueue(), observed))
  await tour.trial.fire('s0', false, 0)
  await tour.wait(1)
  await tour.trial.fire('s0', true, 0)
  tour.trial.q.nowMs += 20_000
  await tour.trial.fire('s0', true, 0)
  await tour.trial.complete(await tour.claim(1), 1, true)
  await tour.trial.trigger('s0')
  await tour.trial.complete(await tour.claim(1), 1, true)
  tour.trial.q.nowMs += 20_000
  await tour.trial.fire('s0', true, 1_000)
  await tour.wait(1_000)
  await tour.trial.complete(await tour.claim(1), 1, true)
  await endings(tour)
  await replacements(tour)
  await cancels(tour)
  await relatives(tour)
  await crashes(tour)
  tour.trial.q.nowMs += 90_000
  await tour.trial.sweep()
  const seen = [...observed].map((one) => one.split(' '))
  // Those of tasks under limits are the matter of `limits.test.ts`.
  const plain = (places: readonly string[]): Set<string> => new Set(places.filter((place) => place !== 'limited'))
  for (const { verb, from, to } of TRANSITIONS) {
    const moves = seen.filter(([made]) => made === verb)
    expect(new Set(moves.map(([, began]) => began)), `${verb} from`).toEqual(plain(from))
    expect(new Set(moves.map(([, , ended]) => ended)), `${verb} to`).toEqual(plain(to))
  }
  await tour.trial.q.expectSound()
})
