import { Redis } from 'ioredis'
import type { Target } from './redis-address.ts'

/** Together with the longest pause this keeps the return to a Redis that can be reached again under 5 s. */
const CONNECT_MS = 2_500
const LOADING_MOST_MS = 1_000
/** The kernel's own look at a connection on which nothing is said. */
const KEEP_ALIVE_MS = 5_000
const SENTINEL_ANSWER_MS = 1_500

/**
 * ioredis sends commands of its own (it subscribes again, selects the database) and looks at the outcome of none: one that
 * fails because the connection is closed meanwhile would end the process.
 */
export class Heard extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    command.promise.catch(() => {}) // who waits for it still hears of it
    return super.sendCommand(command, stream)
  }
}

/** One connection, which connects and reconnects by itself. @param pauseMs before the next of so many tries. */
export function connect(target: Target, name: string, pauseMs: (tries: number) => number): Heard {
  return new Heard({
    ...target,
    connectionName: name,
    protocol: 2,
    connectTimeout: CONNECT_MS,
    maxLoadingRetryTime: LOADING_MOST_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxRetriesPerRequest: null,
    retryStrategy: pauseMs,
    // Where Sentinels say who is the primary: they are listened to, so that a primary that hangs or was demoted is left at once.
    ...(target.sentinels === undefined
      ? {}
      : {
          failoverDetector: true,
          sentinelRetryStrategy: pauseMs,
          sentinelReconnectStrategy: pauseMs,
          sentinelCommandTimeout: SENTINEL_ANSWER_MS,
          reconnectOnError: ({ message }: Error) => (message.startsWith('READONLY') ? 1 : false),
        }),
  })
}
