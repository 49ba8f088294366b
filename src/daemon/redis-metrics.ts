import type { RedisInfo } from '../core/task.ts'
import type { LabelledGauge } from './scale-metrics.ts'

/** What alerts look at of the Redis server; exported by one daemon. */
export class RedisMetrics {
  readonly #all

  constructor(make: (name: string, help: string, labelNames: string[]) => LabelledGauge) {
    const gauge = (name: string, help: string): LabelledGauge => make(name, `${help}; exported by one daemon`, [])
    this.#all = {
      used: gauge('distributedq_redis_memory_used_bytes', 'Memory that Redis uses'),
      most: gauge('distributedq_redis_memory_max_bytes', 'What Redis may use; 0 without a limit'),
      evicted: gauge('distributedq_redis_evicted_keys', 'Keys that Redis threw away since its start'),
      clients: gauge('distributedq_redis_clients', 'Connections to Redis'),
      latency: gauge('distributedq_redis_latency_seconds', 'How long Redis took to tell its time'),
      skew: gauge('distributedq_redis_clock_skew_seconds', "Clock of Redis less this machine's"),
    }
  }

  set(info: RedisInfo | undefined): void {
    for (const gauge of Object.values(this.#all)) gauge.reset()
    if (info === undefined) return
    const { used, most, evicted, clients, latency, skew } = this.#all
    used.set({}, info.usedMemoryBytes)
    most.set({}, info.maxMemoryBytes)
    evicted.set({}, info.evictedKeys)
    clients.set({}, info.connectedClients)
    latency.set({}, info.latencyMs / 1_000)
    skew.set({}, info.clockSkewMs / 1_000)
  }
}
