import { active } from './active.ts'
import { ahead } from './ahead.ts'
import { blocked } from './blocked.ts'
import { delayed } from './delayed.ts'
import { ended } from './ended.ts'
import type { Cause } from './facts.ts'
import { keys } from './keys.ts'
import { limited } from './limited.ts'
import { paused } from './paused.ts'
import { suspect } from './suspect.ts'
import { workers } from './workers.ts'

/**
 * Every cause there is, in the order in which they are told: what has ended or runs, what has to happen before anything
 * else can, then what only takes time. A further one is a file and a line here.
 */
export const CAUSES: readonly Cause[] = [
  ended,
  active,
  delayed,
  blocked,
  paused,
  workers,
  suspect,
  limited,
  ahead,
  keys,
]
