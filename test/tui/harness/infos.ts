import type { LeaseInfo, QueueInfo, ScheduleInfo, Series, TaskInfo, WorkerInfo } from '../../../src/core/task.ts'

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
    active: 0,
    leases: 0,
    dead: 0,
    trash: 0,
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
  nextRunAtMs: NOON + 29 * SECOND,
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
