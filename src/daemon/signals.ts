export interface SignalActions {
  /** SIGTERM and SIGINT; `times` counts them. */
  readonly onEnd: (times: number) => void
  /** SIGUSR1. */
  readonly onQuiet: () => void
  /** SIGHUP. */
  readonly onReload: () => void
}

/** Turns signals into actions, for as long as the process lives. */
export function followSignals(process: Pick<NodeJS.Process, 'on'>, { onEnd, onQuiet, onReload }: SignalActions): void {
  let times = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onEnd(++times))
  process.on('SIGUSR1', onQuiet)
  process.on('SIGHUP', onReload)
}
