import type { Scenario } from '../lib/setting.ts'
import { children } from './children.ts'
import { cron } from './cron.ts'
import { cuts } from './cuts.ts'
import { dlq } from './dlq.ts'
import { fast } from './fast.ts'
import { flow } from './flow.ts'
import { kills } from './kills.ts'
import { limits } from './limits.ts'
import { outages } from './outage.ts'
import { pauses } from './pauses.ts'
import { redisKill } from './redis-kill.ts'
import { cluster, sentinel } from './takeover.ts'
import { versions } from './versions.ts'

const REPLIES = 10_000

interface Row {
  readonly about: string
  readonly play: Scenario
}

/** Every run by its name. */
export const RUNS = {
  fast: { about: 'everything at once: kills, pauses, ends, lost connections, blocked processes', play: fast },
  kills: { about: 'daemons are killed under load', play: (setting) => kills(setting) },
  full: { about: 'the same with default lease times', play: (setting) => kills({ ...setting, profile: 'full' }) },
  versions: { about: 'the same with daemons of this version and of the next one, side by side', play: versions },
  pauses: { about: 'daemons are stopped for 1.5 leases, and continued', play: pauses },
  cuts: {
    about: 'replies get lost after Redis ran the script',
    play: ({ seed, faults = REPLIES, say }) => cuts({ seed, cuts: faults, say }),
  },
  'redis-kill': { about: 'Redis is killed and started from its append-only file', play: redisKill },
  cluster: { about: 'primaries of a cluster are killed, hang, hand over, and lose a slot', play: cluster },
  sentinel: { about: 'a primary that Sentinels watch is killed, hangs, and hands over', play: sentinel },
  outage: { about: 'Redis hangs, or is gone, for two lease times', play: outages },
  children: { about: 'processes of isolated handlers die', play: children },
  cron: { about: 'schedulers are killed while schedules fire', play: cron },
  flow: { about: 'daemons are killed while a flow runs, whose nodes fail, are cancelled and replayed', play: flow },
  limits: { about: 'rates and slots over several daemons', play: limits },
  dlq: { about: 'dead tasks are replayed and purged by many at once', play: dlq },
} as const satisfies Readonly<Record<string, Row>>

export type RunName = keyof typeof RUNS
export const RUN_NAMES = Object.keys(RUNS) as readonly RunName[]
