import type { WorkerInfo } from './task.ts'

/** What a worker says of itself at each heartbeat. */
export type WorkerReport = Omit<WorkerInfo, 'id' | 'beatAtMs' | 'silent'>

export const encodeWorker = (report: WorkerReport): string => JSON.stringify(report)

/** Never throws: a foreign record shows as a worker without anything. */
export function decodeWorker(
  id: string,
  text: string,
  at: { beatAtMs: number; quiet: boolean; nowMs: number },
): WorkerInfo {
  let json: Partial<WorkerReport> = {}
  try {
    json = JSON.parse(text) as Partial<WorkerReport>
  } catch {
    // Foreign content: there is a worker of this name, and nothing else is known.
  }
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
  const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
  const leaseMs = number(json.leaseMs)
  return {
    id,
    host: json.host ?? '',
    pid: number(json.pid),
    version: json.version ?? '',
    format: json.format === undefined ? 1 : number(json.format),
    queues: strings(json.queues),
    roles: strings(json.roles),
    slots: number(json.slots),
    busy: number(json.busy),
    completed: number(json.completed),
    failed: number(json.failed),
    startedAtMs: number(json.startedAtMs),
    beatAtMs: at.beatAtMs,
    leaseMs,
    quiet: at.quiet || json.quiet === true,
    keyIds: strings(json.keyIds),
    silent: at.nowMs - at.beatAtMs > leaseMs,
    types: strings(json.types),
  }
}
