import * as fc from 'fast-check'
import { POLICIES } from '../../src/core/depend.ts'
import { PRIORITIES } from '../../src/core/priority.ts'
import type { Verb } from '../../src/core/states.ts'
import type { ModelTask } from './model.ts'
import type { NewItem } from './model-item.ts'
import type { Known, Trial } from './model-trial.ts'

/** Beside the verbs: what goes wrong around them, and what the table knows by another name. */
export type Fault = 'crash' | 'lose' | 'clock' | 'pause' | 'edit'

/** One step of a sequence; counterexamples show it as `verb {arguments}`. */
export interface Command {
  readonly run: (trial: Trial) => Promise<void>
  readonly [fc.toStringMethod]: () => string
}

const mask = fc.integer({ min: 1, max: 15 })
const which = fc.nat(30)
const some = fc.array(which, { minLength: 1, maxLength: 3 })
const delayMs = fc.constantFrom(0, 500, 3_000, 20_000)
const schedule = fc.constantFrom('s0', 's1')
const nothing = fc.constant({})

const item: fc.Arbitrary<NewItem> = fc.record({
  id: fc.nat(9),
  priority: fc.constantFrom(...PRIORITIES),
  when: fc.constantFrom('now' as const, 'now' as const, 'now' as const, 'in' as const, 'at' as const),
  timeMs: delayMs,
  key: fc.nat(6),
  unique: fc.nat(6),
  replaces: fc.boolean(),
  payload: fc.nat(1),
})

/** Ids that there are, mostly of one spot, so that commands meet some of them, and one that nobody knows. */
function idsOf(trial: Trial, numbers: readonly number[], spot?: ModelTask['spot']): string[] {
  const { tasks, records } = trial.model
  const fitting = [...tasks.values()].filter((task) => task.spot === spot).map(({ id }) => id)
  const ids = [...fitting, ...fitting, ...fitting, ...tasks.keys(), ...records.keys(), 'nobody']
  return numbers.map((n) => ids[n % ids.length]!)
}

/** One of the grants that some worker believes to have. */
async function withKnown(trial: Trial, n: number, work: (known: Known) => Promise<void> | void): Promise<void> {
  const known = trial.known[n % Math.max(trial.known.length, 1)]
  if (known !== undefined) await work(known)
}

const entry = <T extends object>(
  weight: number,
  shape: fc.Arbitrary<T>,
  run: (trial: Trial, args: T) => Promise<void> | void,
): [weight: number, (name: string) => fc.Arbitrary<Command>] => [
  weight,
  (name) =>
    shape.map((args) => ({
      run: async (trial) => run(trial, args),
      [fc.toStringMethod]: () => `${name} ${JSON.stringify(args)}`,
    })),
]

/** One entry per verb of `TRANSITIONS`, and per fault; the number says how often it comes. */
const COMMANDS: Record<Verb | Fault, [weight: number, (name: string) => fc.Arbitrary<Command>]> = {
  enqueue: entry(10, fc.record({ items: fc.array(item, { minLength: 1, maxLength: 4 }) }), (trial, { items }) =>
    trial.enqueue(items),
  ),
  flow: entry(
    6,
    fc.record({
      item,
      parents: fc.array(fc.tuple(which, fc.constantFrom(...POLICIES)), { minLength: 1, maxLength: 3 }),
    }),
    (trial, args) => {
      const ids = idsOf(
        trial,
        args.parents.map(([n]) => n),
      )
      return trial.flow(
        args.parents.map(([, policy], i) => [ids[i]!, policy] as const),
        args.item,
      )
    },
  ),
  unblock: entry(6, nothing, (trial) => trial.forward()),
  fire: entry(
    3,
    fc.record({ name: schedule, isKnown: fc.boolean(), jitterMs: delayMs }),
    (trial, { name, isKnown, jitterMs }) => trial.fire(name, isKnown, jitterMs),
  ),
  trigger: entry(1, fc.record({ name: schedule }), (trial, { name }) => trial.trigger(name)),
  claim: entry(
    10,
    fc.record({
      worker: fc.constantFrom('w0', 'w1', 'w2'),
      want: fc.integer({ min: 1, max: 4 }),
      idle: fc.boolean(),
      spare: fc.constantFrom(undefined, undefined, 0, 1, 2),
    }),
    (trial, { worker, want, idle, spare }) => trial.claim(worker, want, idle, spare),
  ),
  complete: entry(4, fc.record({ which, mask, keeps: fc.boolean() }), (trial, args) =>
    withKnown(trial, args.which, (known) => trial.complete(known, args.mask, args.keeps)),
  ),
  fail: entry(
    6,
    fc.record({
      which,
      mask,
      verdict: fc.constantFrom('retry' as const, 'retry' as const, 'dead' as const, 'crash' as const),
      delayMs,
    }),
    (trial, args) => withKnown(trial, args.which, (known) => trial.fail(known, args.mask, args.verdict, args.delayMs)),
  ),
  release: entry(
    3,
    fc.record({ which, mask, mode: fc.constantFrom('front' as const, 'snooze' as const, 'unknown' as const), delayMs }),
    (trial, args) => withKnown(trial, args.which, (known) => trial.release(known, args.mask, args.mode, args.delayMs)),
  ),
  renew: entry(2, fc.record({ some }), (trial, args) =>
    trial.renew(trial.known.filter((_, i) => args.some.includes(i))),
  ),
  reap: entry(5, fc.record({ sweeps: fc.integer({ min: 1, max: 4 }) }), async (trial, { sweeps }) => {
    // Sweeps that lie further apart than half a lease hold back.
    for (let sweep = 0; sweep < sweeps; sweep++) {
      trial.q.nowMs += 3_000
      await trial.reap()
    }
  }),
  promote: entry(4, nothing, (trial) => trial.promote()),
  cancel: entry(3, fc.record({ some }), (trial, args) => trial.cancel(idsOf(trial, args.some))),
  hasten: entry(3, fc.record({ some }), (trial, args) => trial.hasten(idsOf(trial, args.some, 'scheduled'))),
  replay: entry(2, fc.record({ some }), (trial, args) => trial.replay(idsOf(trial, args.some, 'dead'))),
  edit: entry(2, fc.record({ which, payload: fc.nat(9), isStale: fc.boolean() }), (trial, args) =>
    trial.replayEdited(idsOf(trial, [args.which], 'dead')[0]!, args.payload, args.isStale),
  ),
  purge: entry(3, fc.record({ some, now: fc.boolean() }), (trial, args) =>
    trial.purge(idsOf(trial, args.some, 'dead'), args.now),
  ),
  undo: entry(2, fc.record({ some }), (trial, args) => trial.undo(idsOf(trial, args.some, 'trash'))),
  sweep: entry(2, nothing, (trial) => trial.sweep()),
  crash: entry(2, fc.record({ which }), (trial, args) =>
    withKnown(trial, args.which, (known) => void trial.known.splice(trial.known.indexOf(known), 1)),
  ),
  lose: entry(6, nothing, (trial) => {
    trial.lossy.loses = true
  }),
  clock: entry(
    5,
    fc.record({ ms: fc.constantFrom(100, 1_500, 4_000, 30_000, 150_000, -50, -1_900, -7_000, -90_000) }),
    (trial, { ms }) => {
      trial.q.nowMs += ms
    },
  ),
  pause: entry(1, fc.record({ on: fc.boolean() }), (trial, { on }) => trial.pause(on)),
}

export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(...Object.entries(COMMANDS).map(([name, [weight, make]]) => ({ weight, arbitrary: make(name) }))),
  { maxLength: 110, size: 'max' },
)
