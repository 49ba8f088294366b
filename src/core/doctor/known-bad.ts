import type { Check } from './check.ts'

/** The first patch of each line without the fault; distributions may have mended older ones under the same number. */
const FAULTS: readonly { readonly line: string; readonly mendedIn: number; readonly fault: string }[] = [
  { line: '7.0', mendedIn: 5, fault: 'CVE-2022-35951: a command can overwrite memory' },
  { line: '7.2', mendedIn: 11, fault: 'CVE-2025-49844: a script can leave its sandbox' },
  { line: '7.4', mendedIn: 6, fault: 'CVE-2025-49844: a script can leave its sandbox' },
  { line: '8.0', mendedIn: 4, fault: 'CVE-2025-49844: a script can leave its sandbox' },
  { line: '8.2', mendedIn: 2, fault: 'CVE-2025-49844: a script can leave its sandbox' },
]

export const knownBad: Check = {
  what: 'known-bad',
  look({ info }) {
    const version = info('redis_version')
    // Valkey tells the Redis version it is compatible with, which says nothing of its own faults.
    const isRedis = info('server_name') === '' || info('server_name') === 'redis'
    const bad = FAULTS.find(({ line, mendedIn }) => {
      const [, patch = ''] = new RegExp(`^${line.replace('.', '\\.')}\\.(\\d+)`).exec(version) ?? []
      return isRedis && patch !== '' && Number(patch) < mendedIn
    })
    if (bad === undefined)
      return [{ level: 'ok', text: `no fault is known of ${version || 'this version'} that matters here` }]
    const { line, mendedIn, fault } = bad
    return [{ level: 'warn', text: `${version} has ${fault}`, remedy: `upgrade Redis to ${line}.${mendedIn} or newer` }]
  },
}
