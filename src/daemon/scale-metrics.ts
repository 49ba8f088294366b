import { windowName } from '../core/scale-wire.ts'
import type { QueueScale } from '../core/scale.ts'

/** As much of a gauge as is needed here. */
export interface LabelledGauge {
  set(labels: Readonly<Record<string, string>>, value: number): void
  reset(): void
}

/** What autoscalers and alerts look at, by queue; exported by one daemon. */
export class ScaleMetrics {
  readonly #all

  constructor(make: (name: string, help: string, labelNames: string[]) => LabelledGauge) {
    const gauge = (name: string, help: string, ...labels: string[]): LabelledGauge =>
      make(name, `${help}; exported by one daemon`, ['name', ...labels])
    this.#all = {
      arrival: gauge('distributedq_queue_arrival_rate', 'Tasks enqueued per second, over a minute'),
      drain: gauge('distributedq_queue_drain_rate', 'Tasks completed or given up per second, over a minute'),
      eta: gauge(
        'distributedq_queue_eta_seconds',
        'Until nothing is pending; absent when the line does not get shorter',
      ),
      workers: gauge('distributedq_queue_workers', 'Live workers that serve the queue'),
      suggested: gauge('distributedq_queue_suggested_workers', 'Workers that it would take'),
      target: gauge('distributedq_slo_target', 'Share of tasks that should begin to run in time'),
      burn: gauge('distributedq_slo_burn_rate', 'How fast the budget of the objective burns; 1 uses up all', 'window'),
    }
  }

  set(scales: readonly QueueScale[]): void {
    const { arrival, drain, eta, workers, suggested, target, burn } = this.#all
    for (const gauge of Object.values(this.#all)) gauge.reset()
    for (const scale of scales) {
      const name = { name: scale.queue }
      arrival.set(name, scale.arrival.oneMinute)
      drain.set(name, scale.drain.oneMinute)
      if (scale.etaMs !== undefined) eta.set(name, scale.etaMs / 1_000)
      workers.set(name, scale.workers)
      suggested.set(name, scale.suggestedWorkers)
      if (scale.slo === undefined) continue
      target.set(name, scale.slo.target)
      for (const { windowMs, burn: rate } of scale.slo.windows)
        if (rate !== undefined) burn.set({ ...name, window: windowName(windowMs) }, rate)
    }
  }
}
