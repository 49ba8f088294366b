import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask, type TaskContext, type TaskDefinition } from '../core/handlers.ts'

const DEMO_TYPES = ['demo.email', 'demo.notification', 'demo.image_resize', 'demo.cleanup']

export interface DemoOptions {
  /** How long each task takes. */
  readonly sleepMs: number
  /** How many attempts of 100 fail. */
  readonly failurePct: number
  readonly random?: () => number
}

/** Task types that are always there: they take their time, and some of their attempts fail. */
export function demoTasks({ sleepMs, failurePct, random = Math.random }: DemoOptions): TaskDefinition[] {
  const run = async (
    _: unknown,
    { type, attempt, signal }: TaskContext,
  ): Promise<{ done: string; attempt: number }> => {
    if (sleepMs > 0) await sleep(sleepMs, undefined, { signal })
    if (random() * 100 < failurePct) throw new Error(`${type} failed, as ${failurePct} of 100 do`)
    return { done: type, attempt }
  }
  return DEMO_TYPES.map((type) => defineTask({ type, run }))
}
