// What the value of another name means under the option's own.

/** A port alone means the loopback interface. */
export const onLoopback = (port: string): string => `127.0.0.1:${port}`
/** An interval in milliseconds; 0 says nothing. */
export const inMs = (ms: string): string | undefined => (ms.trim() === '0' ? undefined : `${ms}ms`)
export const asUrl = (hostAndPort: string): string =>
  hostAndPort.includes('://') ? hostAndPort : `redis://${hostAndPort}`
