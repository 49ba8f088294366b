import type { QueueScale, Rate } from './scale.ts'
import type { ObjectiveReport } from './slo.ts'

const rounded = (n: number): number => Math.round(n * 1_000) / 1_000
const rateToWire = (rate: Rate) => ({ '1m': rounded(rate.oneMinute), '5m': rounded(rate.fiveMinutes) })
export const windowName = (ms: number): string => (ms < 3_600_000 ? `${ms / 60_000}m` : `${ms / 3_600_000}h`)

const objectiveToWire = (slo: ObjectiveReport) => ({
  wait_ms: slo.waitMs,
  target: slo.target,
  state: slo.state,
  windows: slo.windows.map(({ windowMs, total, late, burn }) => ({
    window: windowName(windowMs),
    total,
    late,
    burn: burn ?? null,
  })),
})

/** The shape of `GET /v1/scale` and `dq scale --json`. */
export const scaleToWire = (scale: QueueScale) => ({
  queue: scale.queue,
  paused: scale.paused,
  pending: scale.pending,
  active: scale.active,
  oldest_ms: scale.oldestMs ?? null,
  arrival_per_second: rateToWire(scale.arrival),
  drain_per_second: rateToWire(scale.drain),
  eta_ms: scale.etaMs ?? null,
  workers: scale.workers,
  slots: scale.slots,
  suggested_workers: scale.suggestedWorkers,
  reason: scale.reason,
  slo: scale.slo === undefined ? null : objectiveToWire(scale.slo),
})
