import type { Entry } from '../command.ts'
import { cancel } from './cancel.ts'
import { dlq } from './dlq.ts'
import { doctor } from './doctor.ts'
import { enqueue } from './enqueue.ts'
import { explain } from './explain.ts'
import { get } from './get.ts'
import { keys } from './keys.ts'
import { leases } from './leases.ts'
import { limit } from './limit.ts'
import { list } from './list.ts'
import { operation } from './operation.ts'
import { pause, resume } from './pause.ts'
import { run } from './run.ts'
import { scale } from './scale.ts'
import { schedule } from './schedule.ts'
import { slo } from './slo.ts'
import { queues, stats } from './stats.ts'
import { top } from './top.ts'
import { upgrade } from './upgrade.ts'
import { verify } from './verify.ts'
import { workers } from './workers.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Entry[] = [
  enqueue,
  get,
  explain,
  cancel,
  run,
  list,
  stats,
  queues,
  scale,
  slo,
  pause,
  resume,
  leases,
  workers,
  dlq,
  operation,
  schedule,
  limit,
  keys,
  verify,
  doctor,
  upgrade,
  top,
]
