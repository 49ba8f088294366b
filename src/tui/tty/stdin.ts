import { setImmediate as afterThisTurn } from 'node:timers/promises'

/** The methods have no public names, and a stream in a test has no handle at all. */
function callHandle(stdin: NodeJS.ReadStream, method: 'readStop' | 'readStart'): void {
  const handle: unknown = Reflect.get(stdin, '_handle')
  if (typeof handle !== 'object' || handle === null) return
  const found: unknown = Reflect.get(handle, method)
  if (typeof found === 'function') found.call(handle)
}

/**
 * Does not touch the keyboard meanwhile. Nobody listens to it while the terminal is lent, but it is still read: that
 * would take keys away from the other program, and wait for ever for one that the other program took first.
 */
export async function withoutReading(stdin: NodeJS.ReadStream, work: () => Promise<void>): Promise<void> {
  // The key that led here is still being read: whoever reads it asks for more before it is done.
  await afterThisTurn()
  callHandle(stdin, 'readStop')
  try {
    await work()
  } finally {
    callHandle(stdin, 'readStart')
  }
}
