import type { Redis } from 'ioredis'

/** What Redis says of itself at one moment. */
export interface Reading {
  readonly cpuUs: number
  /** Without the buffers of the connections, which depend on what was sent last. */
  readonly memoryBytes: number
}

const field = (info: string, name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0)

export async function read(redis: Redis): Promise<Reading> {
  const [cpu, memory] = await Promise.all([redis.info('cpu'), redis.info('memory')])
  return {
    cpuUs: (field(cpu, 'used_cpu_user') + field(cpu, 'used_cpu_sys')) * 1e6,
    memoryBytes: field(memory, 'used_memory') - field(memory, 'mem_clients_normal'),
  }
}

export interface CommandStat {
  readonly command: string
  readonly calls: number
  readonly us: number
}

/** Commands since the last `CONFIG RESETSTAT`, the most time first; what a script calls is also part of the script. */
export async function commandStats(redis: Redis): Promise<CommandStat[]> {
  const lines = (await redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)
  const stats = Array.from(lines, ([, command = '', calls, us]) => ({ command, calls: Number(calls), us: Number(us) }))
  return stats.toSorted((a, b) => b.us - a.us)
}

/** @param share 0.5 for the median, 0.99, … */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}
