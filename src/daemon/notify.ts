import { execFile } from 'node:child_process'
import type { Component } from '../core/upkeep/component.ts'

/** What systemd gives a service of type notify. */
export interface SystemdEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined
  readonly WATCHDOG_USEC?: string | undefined
}

/**
 * Tells systemd when the daemon is ready, and feeds its watchdog as long as the daemon is healthy. Node cannot write to
 * the datagram socket itself, so `systemd-notify` does it; without systemd nothing happens at all.
 */
export class SystemdNotifier implements Component {
  readonly name = 'systemd'
  readonly #isActive: boolean
  readonly #feedEveryMs: number
  readonly #isHealthy: () => boolean
  #timer: NodeJS.Timeout | undefined

  constructor(env: SystemdEnvironment, isHealthy: () => boolean) {
    this.#isActive = (env.NOTIFY_SOCKET ?? '') !== ''
    this.#feedEveryMs = Number(env.WATCHDOG_USEC ?? 0) / 1_000 / 2.5
    this.#isHealthy = isHealthy
  }

  start(): Promise<void> {
    if (!this.#isActive || this.#timer !== undefined || !(this.#feedEveryMs > 0)) return Promise.resolve()
    this.#timer = setInterval(() => this.#isHealthy() && this.tell('WATCHDOG=1'), this.#feedEveryMs).unref()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    return Promise.resolve()
  }

  tell(...variables: string[]): void {
    if (this.#isActive) execFile('systemd-notify', variables, () => {}) // absent: nobody waits for it either
  }
}
