import type { Entry } from '../command.ts'
import { cancel } from './cancel.ts'
import { dlq } from './dlq.ts'
import { enqueue } from './enqueue.ts'
import { get } from './get.ts'
import { leases } from './leases.ts'
import { list } from './list.ts'
import { pause, resume } from './pause.ts'
import { schedule } from './schedule.ts'
import { queues, stats } from './stats.ts'
import { top } from './top.ts'
import { verify } from './verify.ts'
import { workers } from './workers.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Entry[] = [
  enqueue,
  get,
  cancel,
  list,
  stats,
  queues,
  pause,
  resume,
  leases,
  workers,
  dlq,
  schedule,
  verify,
  top,
]
