import { messageOf } from '../core/errors.ts'
import type { QueueInfo, RedisInfo, WorkerInfo } from '../core/task.ts'
import { statsToWire } from '../core/wire.ts'
import { overviewLines } from './app/overview-text.ts'
import { findings } from './health.ts'
import type { OwnOptions } from './options.ts'
import { CLOCK } from './source/clock.ts'
import { type Data, emptyData } from './source/data.ts'
import { withDeadline } from './source/deadline.ts'
import { Reader } from './source/reader.ts'
import type { ConsoleSource } from './source/source.ts'
import { toAscii } from './text/ascii.ts'
import { safeLine } from './text/safe.ts'

export const EXIT = { fine: 0, findings: 1, unreachable: 2 } as const

interface Out {
  readonly columns?: number
  write(text: string): boolean
}

const READY_MS = 4_000
const TEXT_COLUMNS = 120
const WANTS = {
  leases: 300,
  history: true,
  dead: undefined,
  tasks: undefined,
  groups: undefined,
  operations: false,
  audit: false,
  causes: true,
  schedules: false,
  runs: undefined,
  task: undefined,
}

async function read(source: ConsoleSource): Promise<Data> {
  await source.ready(READY_MS)
  const empty = emptyData(Date.now())
  const reader = new Reader(source, CLOCK)
  const first = await withDeadline(reader.read(empty, WANTS), READY_MS)
  // Why a DLQ grows is looked up where its history says that it does, and that came only now.
  const update = {
    ...first,
    ...(await withDeadline(reader.read({ ...empty, ...first }, { ...WANTS, history: false }), READY_MS)),
  }
  // One reading is enough here: nothing was disconnected before it.
  return { ...empty, ...update, link: { kind: 'up' }, readAtMs: Date.now(), goodReadings: 2 }
}

const redisNow = (data: Data): number => Date.now() + data.skewMs

async function asJson(source: ConsoleSource, data: Data): Promise<string> {
  const [queues, workers, redis] = (await Promise.all([
    source.reads.snapshot(),
    source.reads.workers(),
    source.reads.redisInfo(),
  ])) as [QueueInfo[], WorkerInfo[], RedisInfo]
  const found = findings(data, redisNow(data)).map(({ severity, text, goTo }) => ({ severity, text, view: goTo.view }))
  return JSON.stringify(
    { ok: found.length === 0, findings: found, stats: statsToWire(queues, workers, redis) },
    null,
    2,
  )
}

function asText(source: ConsoleSource, data: Data, options: OwnOptions, columns: number): string {
  const about = { address: safeLine(source.address, 60), namespace: safeLine(source.namespace, 40), isReadOnly: false }
  const lines = overviewLines(data, about, columns, Date.now())
  return lines.map((text) => (options.isAscii ? toAscii(text) : text).trimEnd()).join('\n')
}

/** Prints what the first screen shows, for scripts, cron and screen readers. @returns the exit code */
export async function once(source: ConsoleSource, options: OwnOptions, out: Out, err: Out): Promise<number> {
  try {
    const data = await read(source)
    const columns = Math.max(80, Math.min(out.columns ?? TEXT_COLUMNS, 160))
    out.write(`${options.isJson ? await asJson(source, data) : asText(source, data, options, columns)}\n`)
    return findings(data, redisNow(data)).length === 0 ? EXIT.fine : EXIT.findings
  } catch (error) {
    err.write(`dq-top: ${safeLine(messageOf(error), 1000)}\n`)
    return EXIT.unreachable
  }
}
