import type { NewTask } from '../../src/core/verbs.ts'
import { aTask, T0 } from './engine.ts'
import { Agreement } from './model-agreement.ts'
import * as changes from './model-changes.ts'

/** How long keys and tombs live: short enough for clocks that leap to outlive it. */
export const TTL_MS = 100_000

/** Of the definitions of schedules. */
const REVISION = 'r.r'

/** The verbs of schedules. */
export class ScheduleAgreement extends Agreement {
  /** Gives a schedule its cursor, or fires its slot; the task may wait until `jitterMs` have passed. */
  async fire(name: string, isKnown: boolean, jitterMs: number): Promise<void> {
    const { schedules } = this.broker
    const slot = isKnown ? this.model.cursors.get(name) : undefined
    if (slot === undefined) {
      const nextMs = T0 + 20_000
      const set = { by: 'me', was: '', revision: REVISION, nextMs, carried: '', ahead: '' }
      const send = () => schedules.schedule('q', name, set)
      return this.step('fire', send, () => changes.schedule(this.model, name, nextMs), false)
    }
    const [nextMs, dueMs] = [slot + 20_000, slot + jitterMs]
    const shape = { own: true, idempotencyTtlMs: TTL_MS, when: 'at', timeMs: dueMs } as const
    const task = aTask(`${name}:${slot}`, shape)
    const how = { revision: REVISION, run: String(slot), passed: undefined, overlap: 'allow' } as const
    const send = () => schedules.fire('q', name, { ...how, expectedMs: slot, nextMs, dueMs }, task)
    await this.step('fire', send, (nowMs) => changes.fire(this.model, name, slot, nextMs, task, nowMs), false)
  }

  async trigger(name: string): Promise<void> {
    const taskOf = (id: string): NewTask => aTask(id, { own: true, idempotencyTtlMs: TTL_MS })
    const how = { by: 'me', revision: REVISION, overlap: 'allow' } as const
    const send = async (): Promise<string> => {
      const { word, run } = await this.broker.schedules.trigger('q', name, how, taskOf('any'))
      return `${word} ${run}`
    }
    await this.step('trigger', send, (nowMs) => changes.trigger(this.model, name, taskOf, nowMs), true)
  }
}
