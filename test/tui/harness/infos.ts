import type { AuditEntry } from '../../../src/core/audit.ts'
import type {
  LeaseInfo,
  OperationInfo,
  QueueInfo,
  ScheduleInfo,
  Series,
  TaskInfo,
  WorkerInfo,
} from '../../../src/core/task.ts'

/** The instant at which the tests take place. */
export const NOON = Date.UTC(2026, 10, 21, 12, 4, 31)
export const SECOND = 1_000
export const MINUTE = 60 * SECOND

export function queueInfo(name: string, given: Partial<QueueInfo> = {}): QueueInfo {
  return {
    name,
    paused: undefined,
    pending: { high: 0, default: 0, low: 0 },
    scheduled: 0,
    blocked: 0,
    active: 0,
    leases: 0,
    dead: 0,
    trash: 0,
    limited: 0,
    completed: 0,
    schedules: 0,
    oldestPendingMs: undefined,
    soonestDueMs: undefined,
    rates: { enqueued: 0, completed: 0, failed: 0 },
    counters: {},
    ledger: { ok: true, drift: [] },
    atMs: NOON,
    ...given,
  }
}

/** Ids as one producer makes them: they differ in the time and the sequence. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const base32 = (n: number): string => (n < 32 ? ALPHABET[n]! : base32(Math.floor(n / 32)) + ALPHABET[n % 32]!)
export const idOf = (n: number): string => `1M8${base32(0x12345 * 32 ** 2 + n * 40).padStart(6, '0')}00001K2K55VAA`

export function leaseInfo(n: number, given: Partial<LeaseInfo> = {}): LeaseInfo {
  return {
    id: idOf(n),
    type: 'email.send',
    queue: 'high',
    priority: 'default',
    worker: 'wrk-a-01',
    attempt: 1,
    claimedAtMs: NOON - 8 * SECOND,
    leaseExpiresAtMs: NOON + 22 * SECOND,
    leaseMs: 30 * SECOND,
    deadlineAtMs: NOON + 40 * SECOND,
    alone: false,
    cancelRequested: false,
    ...given,
  }
}

export function deadTask(n: number, given: Partial<TaskInfo> = {}): TaskInfo {
  const diedAtMs = NOON - 12 * SECOND - n * 700
  const failure = (attempt: number) => ({
    attempt,
    atMs: diedAtMs - (5 - attempt) * 30 * SECOND,
    worker: attempt % 2 === 0 ? 'wrk-b-02' : 'wrk-a-01',
    reason: 'error',
    message: 'SMTP 421 4.7.0 timeout after 30s',
    group: 'aa11',
    stack: 'SMTPTimeoutError: SMTP 421 4.7.0 timeout after 30s\n    at SmtpClient.send (/srv/app/mail.js:88:13)',
  })
  return {
    id: idOf(5000 - n),
    type: 'email.send',
    queue: 'high',
    priority: 'default',
    state: 'dead',
    attempt: 5,
    maxRetries: 4,
    payload: {
      to: 'müller@example.com',
      subject: 'ご注文の確認',
      note: '\x1b]52;c;ZXZpbA==\x07',
      order: { id: 8812, lines: [1, 2] },
    },
    payloadBytes: 812 - (n % 7) * 3,
    createdAtMs: diedAtMs - 200 * SECOND,
    runAtMs: undefined,
    startedAtMs: diedAtMs - 30 * SECOND,
    finishedAtMs: diedAtMs,
    worker: undefined,
    leaseExpiresAtMs: undefined,
    deadlineAtMs: undefined,
    cancelRequested: false,
    idempotencyKey: n === 0 ? 'order-8812' : undefined,
    error: failure(5),
    attempts: [failure(5), failure(4), failure(3)],
    result: undefined,
    progress: undefined,
    ...given,
  }
}

export function workerInfo(id: string, given: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    id,
    host: 'app-1',
    pid: 4411,
    version: '0.1.0',
    format: 1,
    queues: ['high', 'default', 'low'],
    roles: ['worker', 'scheduler', 'reaper'],
    slots: 10,
    busy: 4,
    completed: 41_200,
    failed: 312,
    startedAtMs: NOON - 134 * MINUTE,
    beatAtMs: NOON - 2 * SECOND,
    leaseMs: 30 * SECOND,
    quiet: false,
    silent: false,
    keyIds: [],
    types: ['email.send', 'image.resize'],
    ...given,
  }
}

export const scheduleInfo = (name: string, given: Partial<ScheduleInfo> = {}): ScheduleInfo => ({
  name,
  spec: '@every 1m',
  timeZone: 'UTC',
  type: 'email.send',
  queue: 'default',
  priority: 'default',
  payload: {},
  createdAtMs: NOON - 500 * MINUTE,
  startMs: undefined,
  endMs: undefined,
  enabled: true,
  missed: 'once',
  overlap: 'allow',
  jitterMs: 0,
  source: undefined,
  nextRunAtMs: NOON + 29 * SECOND,
  waits: false,
  lastRun: undefined,
  ...given,
})

/** A wave, so that a picture of it can be looked at. */
const wave = (perSecond: number, fade = 0): number[] =>
  Array.from({ length: 900 }, (_, at) =>
    Math.round(perSecond * (0.55 + 0.4 * Math.sin(at / 70)) * (fade === 0 ? 1 : at < fade ? 0 : (at - fade) / 200)),
  )

export const seriesOf = (perSecond: number, deadFrom: number): Series => ({
  stepMs: SECOND,
  endMs: NOON + SECOND,
  enqueued: wave(perSecond * 1.05),
  completed: wave(perSecond),
  failed: deadFrom === 0 ? wave(0) : wave(perSecond / 100, deadFrom),
  dead: Array.from({ length: 900 }, (_, at) => (deadFrom > 0 && at >= 700 ? 1 : 0)),
})

export const auditEntry = (n: number, given: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `${NOON - n * MINUTE}-0`,
  queue: 'high',
  atMs: NOON - (n + 1) * MINUTE,
  action: 'replay',
  by: 'dq-top:ben@ops',
  count: 1,
  detail: '',
  ...given,
})

const fresh = (n: number, given: Partial<TaskInfo>): TaskInfo => ({
  ...deadTask(0),
  id: idOf(9_000 + n),
  attempt: 0,
  payload: { n },
  payloadBytes: 20 + n,
  createdAtMs: NOON - 3_200 + n,
  startedAtMs: undefined,
  finishedAtMs: undefined,
  idempotencyKey: undefined,
  error: undefined,
  attempts: [],
  ...given,
})

const times = (n: number, make: (at: number) => TaskInfo): TaskInfo[] => Array.from({ length: n }, (_, at) => make(at))

/** Tasks that wait, run or have ended, as many as the queues of the troubled world say, but for the finished ones. */
export function otherTasks(): TaskInfo[] {
  const { error } = deadTask(0)
  return [
    ...times(120, (n) => fresh(n, { state: 'pending', queue: 'high', priority: n < 20 ? 'high' : 'default' })),
    ...times(41, (n) => fresh(200 + n, { state: 'pending', queue: 'default', type: 'image.resize' })),
    ...times(12, (n) =>
      fresh(300 + n, { state: 'retrying', queue: 'high', attempt: 2, error, runAtMs: NOON + (20 + 7 * n) * SECOND }),
    ),
    ...times(298, (n) =>
      fresh(400 + n, {
        state: 'scheduled',
        queue: 'default',
        type: n === 9 ? 'report.render' : 'image.resize',
        runAtMs: NOON + 90 * SECOND + n * MINUTE,
      }),
    ),
    ...times(9, (n) => fresh(800 + n, { state: 'active', queue: 'high', attempt: 1 })),
    fresh(850, { ...fresh(850, {}), id: idOf(2), state: 'active', queue: 'high', attempt: 3 }),
    ...times(150, (n) =>
      fresh(900 + n, {
        state: 'completed',
        queue: 'default',
        worker: 'wrk-b-02',
        attempt: 1,
        finishedAtMs: NOON - n * SECOND,
      }),
    ),
  ]
}

export const operationInfo = (given: Partial<OperationInfo> = {}): OperationInfo => ({
  id: 'op0',
  queue: 'high',
  kind: 'replay',
  filter: '',
  ratePerSecond: undefined,
  by: 'dq-top:anna@ops',
  createdAtMs: NOON - 20 * SECOND,
  total: 1284,
  now: false,
  state: 'running',
  scanned: 0,
  done: 0,
  skipped: 0,
  dueAtMs: 0,
  updatedAtMs: NOON,
  cursor: '',
  ...given,
})
