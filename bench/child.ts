// One subject, one case, one process: connects, measures, sends what it found to its parent, and ends.
import { Redis } from 'ioredis'
import { CASES, type CaseName } from './cases.ts'
import { commandStats, type CommandStat } from './gauges.ts'
import type { Figures } from './load.ts'
import type { OpenSession, SubjectName } from './subjects/subject.ts'

export interface ChildRequest {
  readonly case: CaseName
  readonly subject: SubjectName
  readonly host: string
  readonly port: number
  readonly tasks: number
  readonly commands: boolean
}

export interface Measured {
  readonly figures: Figures
  readonly commands?: readonly CommandStat[]
}

export type ChildReply = Measured | { readonly error: string }

async function measure(request: ChildRequest): Promise<ChildReply> {
  const { host, port, tasks, subject } = request
  const what = CASES[request.case]
  const { open } = (await import(`./subjects/${subject}.ts`)) as { open: OpenSession }
  const redis = new Redis({ host, port, protocol: 2 })
  const session = await open({ host, port, keep: what.keep })
  if (request.commands) await redis.config('RESETSTAT')
  const figures = await what.run({ session, redis, tasks })
  return request.commands ? { figures, commands: await commandStats(redis) } : { figures }
}

function reply(message: ChildReply): void {
  process.send?.(message, () => process.exit(0))
}

process.once('uncaughtException', (error) => reply({ error: error.stack ?? error.message }))
process.once('message', (request: ChildRequest) => {
  measure(request).then(reply, (error: unknown) => {
    reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  })
})
