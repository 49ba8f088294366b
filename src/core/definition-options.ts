import { DqError } from './errors.ts'

/** Options of this library that this version does not have yet: refused, never ignored. */
const LATER = ['dependsOn']
const KNOWN = [
  'type',
  'payload',
  'queue',
  'priority',
  'timeout',
  'retry',
  'resultTtl',
  'rateLimit',
  'concurrency',
  'unique',
  'isolation',
  'module',
  'run',
]

/** @throws DqError `invalid_input` or `not_supported`, naming the option. */
export function checkOptions(type: string, options: object): void {
  for (const key of Object.keys(options)) {
    if (LATER.includes(key))
      throw new DqError('not_supported', `task ${type}: option ${key} is not supported by this version; leave it out`, {
        details: [key],
      })
    if (!KNOWN.includes(key))
      throw new DqError('invalid_input', `task ${type}: there is no option ${key}; there are ${KNOWN.join(', ')}`, {
        details: [key],
      })
  }
}
