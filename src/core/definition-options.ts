import { DqError } from './errors.ts'
import { refuseUnknown } from './known-options.ts'

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
  for (const key of Object.keys(options))
    if (LATER.includes(key))
      throw new DqError('not_supported', `task ${type}: option ${key} is not supported by this version; leave it out`, {
        details: [key],
      })
  refuseUnknown(`task ${type}`, options, KNOWN)
}
