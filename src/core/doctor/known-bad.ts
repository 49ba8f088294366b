import type { Check, Finding, Patient } from './check.ts'

interface Fault {
  readonly name: string
  readonly harm: string
  /** The first release of each line without it. Lines that are not named were never mended, or never had it. */
  readonly redis: readonly string[]
  readonly valkey: readonly string[]
  /** Where that is said. */
  readonly source: string
}

/** Newest first. What an older Redis than 7.0 lacks is not told: it is too old for us in any case. */
const FAULTS: readonly Fault[] = [
  {
    name: 'CVE-2026-81934',
    harm: 'with TLS, whoever reaches it may run code',
    redis: ['8.2.9', '8.4.6', '8.6.6', '8.8.2', '8.10.1'],
    valkey: [],
    source: 'https://www.cve.org/CVERecord?id=CVE-2026-81934',
  },
  {
    name: 'the fixes of July 2026',
    harm: 'a user may run code on the server',
    redis: ['7.2.15', '7.4.10', '8.2.8', '8.4.5', '8.6.5', '8.8.1'],
    valkey: [],
    source: 'https://github.com/docker-library/official-images/pull/21922',
  },
  {
    name: 'CVE-2026-56684 and CVE-2026-63639',
    harm: 'a user may run code on the server',
    redis: [],
    valkey: ['7.2.14', '8.0.10', '8.1.9', '9.0.5', '9.1.1'],
    source: 'https://github.com/valkey-io/valkey/releases/tag/8.1.9',
  },
  {
    name: 'CVE-2026-23479, CVE-2026-25243 and CVE-2026-23631',
    harm: 'blocking commands, RESTORE or a script may run code on the server',
    redis: ['7.2.14', '7.4.9', '8.2.6', '8.4.3', '8.6.3'],
    valkey: ['7.2.13', '8.0.9', '8.1.7', '9.0.4'],
    source: 'https://github.com/redis/redis/security/advisories/GHSA-93m2-935m-8rj3',
  },
  {
    name: 'the fix of February 2026, CVE-2025-67733 in Valkey',
    harm: 'a script may forge what others read on a connection',
    redis: ['7.2.13', '7.4.8', '8.0.6', '8.2.5', '8.4.2', '8.6.1'],
    valkey: ['7.2.12', '8.0.7', '8.1.6', '9.0.3'],
    source: 'https://github.com/docker-library/official-images/pull/20902',
  },
  {
    name: 'CVE-2025-49844, CVE-2025-46817, CVE-2025-46818 and CVE-2025-46819',
    harm: 'a script may leave its sandbox',
    redis: ['7.2.11', '7.4.6', '8.0.4', '8.2.2'],
    valkey: ['7.2.11', '8.0.6', '8.1.4'],
    source: 'https://github.com/docker-library/official-images/pull/20011',
  },
  {
    name: 'CVE-2025-32023 and CVE-2025-48367',
    harm: 'a HyperLogLog may overwrite memory, and clients may keep others out',
    redis: ['7.2.10', '7.4.5', '8.0.3'],
    valkey: ['7.2.10', '8.0.4', '8.1.3'],
    source: 'https://github.com/docker-library/official-images/pull/19401',
  },
  {
    name: 'CVE-2025-21605',
    harm: 'whoever reaches it may fill its memory',
    redis: ['7.2.8', '7.4.3'],
    valkey: ['7.2.9', '8.0.3', '8.1.1'],
    source: 'https://nvd.nist.gov/vuln/detail/CVE-2025-21605',
  },
  {
    name: 'CVE-2024-46981',
    harm: 'a script may leave its sandbox',
    redis: ['7.2.7', '7.4.2'],
    valkey: ['7.2.8', '8.0.2'],
    source: 'https://nvd.nist.gov/vuln/detail/CVE-2024-46981',
  },
  {
    name: 'CVE-2024-31449 and CVE-2024-31228',
    harm: 'a script may leave its sandbox, and a pattern end the server',
    redis: ['7.2.6', '7.4.1'],
    valkey: ['7.2.7', '8.0.1'],
    source: 'https://redis.io/blog/security-advisory-cve-2024-31449-cve-2024-31227-cve-2024-31228/',
  },
  {
    name: 'CVE-2023-41056',
    harm: 'a buffer may be overrun',
    redis: ['7.0.15', '7.2.4'],
    valkey: [],
    source: 'https://github.com/redis/redis/blob/7.0/00-RELEASENOTES',
  },
  {
    name: 'CVE-2022-24834',
    harm: 'a script may overwrite memory',
    redis: ['7.0.12'],
    valkey: [],
    source: 'https://github.com/redis/redis/blob/7.0/00-RELEASENOTES',
  },
]

/** Lines whose makers have ended them: what was found since is mended by distributions at most, under the same number. */
const ENDED = ['7.0', '8.0']

const numbersOf = (version: string): number[] => version.split('.').map(Number)
const lineOf = (version: string): string => version.split('.', 2).join('.')

/** Valkey tells the version of Redis that it is compatible with too, which says nothing of its own faults. */
function serverOf({ info }: Patient): { maker: 'redis' | 'valkey'; name: string; version: string } {
  const valkey = info('valkey_version')
  if (valkey !== '') return { maker: 'valkey', name: 'Valkey', version: valkey }
  return { maker: 'redis', name: 'Redis', version: info('server_name') === 'valkey' ? '' : info('redis_version') }
}

function lacks(version: string, mendedIn: readonly string[]): string | undefined {
  const mended = mendedIn.find((release) => lineOf(release) === lineOf(version))
  const [, , patch = 0] = numbersOf(version)
  return mended !== undefined && patch < numbersOf(mended)[2]! ? mended : undefined
}

export const knownBad: Check = {
  what: 'known-bad',
  ofServer: true,
  look(patient): Finding[] {
    const { maker, name, version } = serverOf(patient)
    const missing = FAULTS.flatMap((fault) => {
      const mended = lacks(version, fault[maker])
      return mended === undefined ? [] : [{ ...fault, mended }]
    })
    const [newest] = missing
    if (newest !== undefined) {
      const told = missing.map((fault) => `${fault.name} (${fault.harm})`).join('; ')
      const text = `${name} ${version} by its number lacks the fixes of ${told}`
      const remedy = `upgrade it to ${newest.mended} or newer, or verify that your distribution has mended it; see ${newest.source}`
      return [{ level: 'warn', text, remedy }]
    }
    if (maker === 'redis' && ENDED.includes(lineOf(version))) {
      const text = `its makers mend nothing in Redis ${lineOf(version)} any more: verify that your distribution does`
      return [{ level: 'ok', text }]
    }
    return [
      {
        level: 'ok',
        text: `no fault is known of ${version === '' ? 'this version' : `${name} ${version}`} that matters here`,
      },
    ]
  },
}
