import { option } from './option.ts'
import { inMs, onLoopback } from './alias-readers.ts'
import { CONNECTION_OPTIONS } from './connection-table.ts'
import { address, duration, listOf, name, oneOf, queues, text, textList, whole, yesNo } from './parsers.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 366 * DAY_MS

/** A flag that needs no value. */
const OFF = { fallback: 'false', parse: yesNo, switch: true } as const

export const ROLES = ['worker', 'scheduler', 'reaper', 'api', 'metrics'] as const
export type Role = (typeof ROLES)[number]

/** Every option of the daemon, declared once. */
export const OPTIONS = {
  ...CONNECTION_OPTIONS,
  embedded: option({
    flag: 'embedded',
    env: 'DQ_EMBEDDED',
    ...OFF,
    about: 'start a private redis-server, its data in the state folder; `dq` and `dq-top` find it by themselves',
  }),
  allowEviction: option({
    flag: 'allow-eviction',
    env: 'DQ_ALLOW_EVICTION',
    ...OFF,
    about: 'start on a Redis that may evict keys, and so lose tasks, when its memory is full',
  }),
  namespace: option({
    flag: 'namespace',
    env: 'DQ_NAMESPACE',
    fallback: 'dq',
    parse: name,
    about: 'first part of every key; installations that share a Redis need different ones',
    connection: true,
  }),
  queues: option({
    flag: 'queues',
    env: 'DQ_QUEUES',
    aliases: [{ env: 'QUEUE_NAME' }],
    fallback: 'default',
    parse: queues,
    list: true,
    about: 'queues to work on, `name` or `name:weight`',
  }),
  concurrency: option({
    flag: 'concurrency',
    env: 'WORKER_CONCURRENCY',
    aliases: [{ env: 'WORKER_COUNT' }],
    fallback: '10',
    parse: whole(1, 10_000),
    about: 'tasks that run at once',
  }),
  priorityOrder: option({
    flag: 'priority-order',
    env: 'DQ_PRIORITY_ORDER',
    fallback: 'strict',
    parse: oneOf('strict', 'weighted'),
    about:
      '`strict`: a lower priority runs when the higher ones are empty; `weighted`: six high, three default, one low',
  }),
  handlers: option({
    flag: 'handlers',
    env: 'DQ_HANDLERS',
    fallback: '',
    fallbackText: 'the built-in `demo.*` types',
    parse: textList,
    list: true,
    about: 'files with task handlers: `.ts`, `.js` or `.mjs`',
  }),
  roles: option({
    flag: 'roles',
    env: 'DQ_ROLES',
    fallback: ROLES.join(','),
    parse: listOf(...ROLES),
    list: true,
    about: 'what this daemon does',
  }),
  leaseMs: option({
    flag: 'lease-ttl',
    env: 'LEASE_TTL_SECONDS',
    fallback: '30s',
    parse: duration(300, DAY_MS),
    about: 'how long a silent worker keeps its tasks',
  }),
  reaperIntervalMs: option({
    flag: 'reaper-interval',
    env: 'REAPER_INTERVAL_SECONDS',
    fallback: '5s',
    parse: duration(50, DAY_MS),
    about: 'how often expired leases are looked for; at most a quarter of the lease TTL is used',
  }),
  reaperEnabled: option({ env: 'REAPER_ENABLED', parse: yesNo, about: '`false` takes the role `reaper` away' }),
  schedulerIntervalMs: option({
    flag: 'scheduler-interval',
    env: 'DISPATCHER_INTERVAL_SECONDS',
    aliases: [{ env: 'DISPATCHER_INTERVAL_MS', read: inMs }],
    fallback: '1s',
    parse: duration(10, 3_600_000),
    about: 'how often a busy queue is looked at for due tasks; an idle one up to ten times less often',
  }),
  dispatcherEnabled: option({
    env: 'DISPATCHER_ENABLED',
    parse: yesNo,
    about: '`false` takes the role `scheduler` away',
  }),
  shutdownGraceMs: option({
    flag: 'shutdown-grace',
    env: 'DQ_SHUTDOWN_GRACE_SECONDS',
    fallback: '25s',
    parse: duration(0, DAY_MS),
    about: 'how long running tasks may go on after SIGTERM before they are given back',
  }),
  taskTimeoutMs: option({
    flag: 'task-timeout',
    env: 'DQ_TASK_TIMEOUT_SECONDS',
    fallback: '30s',
    parse: duration(1, 30 * DAY_MS),
    about: 'how long a task may run, unless it or its type says otherwise',
  }),
  maxRetries: option({
    flag: 'max-retries',
    env: 'DQ_MAX_RETRIES',
    fallback: '3',
    parse: whole(0, 1_000),
    about: 'retries of a task, unless it or its type says otherwise',
  }),
  idempotencyTtlMs: option({
    flag: 'idempotency-ttl',
    env: 'IDEMPOTENCY_KEY_TTL_SECONDS',
    fallback: '24h',
    parse: duration(1_000, YEAR_MS),
    about: 'how long an idempotency key is remembered after success',
  }),
  resultTtlMs: option({
    flag: 'result-ttl',
    env: 'DQ_RESULT_TTL_SECONDS',
    fallback: '24h',
    parse: duration(0, YEAR_MS),
    about: 'how long the record of a finished task is kept; 0 keeps none',
  }),
  resultMax: option({
    flag: 'result-max',
    env: 'DQ_RESULT_MAX',
    fallback: '10000',
    parse: whole(0, 10_000_000),
    about: 'records of finished tasks kept per queue; 0 keeps none',
  }),
  apiAddr: option({
    flag: 'api-addr',
    env: 'API_ADDR',
    aliases: [{ env: 'API_PORT', read: onLoopback }],
    fallback: '127.0.0.1:8081',
    parse: address,
    about: 'where the HTTP API listens; any address but loopback needs `API_KEY` or `DQ_API_KEYS_FILE`',
  }),
  metricsAddr: option({
    flag: 'metrics-addr',
    env: 'METRICS_ADDR',
    aliases: [{ env: 'WORKER_METRICS_ADDR' }, { env: 'METRICS_PORT', read: onLoopback }],
    fallback: '127.0.0.1:8080',
    parse: address,
    about: 'where Prometheus finds `/metrics`',
  }),
  allowedHosts: option({
    flag: 'allowed-hosts',
    env: 'DQ_ALLOWED_HOSTS',
    fallback: '',
    fallbackText: '`localhost` and IP addresses',
    parse: textList,
    list: true,
    about: 'further names under which the HTTP servers may be asked',
  }),
  apiKey: option({
    env: 'API_KEY',
    parse: text,
    about: 'a key for everything; requests carry a key as `X-API-Key` or bearer token',
    secret: true,
  }),
  apiKeysFile: option({
    flag: 'api-keys-file',
    env: 'DQ_API_KEYS_FILE',
    parse: text,
    about: 'file of further keys, `id role sha256 [queue,queue]` a line; read again when it changes',
  }),
  demoSleepMs: option({
    env: 'WORKER_SLEEP_MS',
    fallback: '1000',
    parse: whole(0, 3_600_000),
    about: 'how long a `demo.*` task takes, ms',
  }),
  demoFailurePct: option({
    env: 'WORKER_FAILURE_PCT',
    fallback: '25',
    parse: whole(0, 100),
    about: 'how many of 100 attempts of `demo.*` tasks fail',
  }),
  logLevel: option({
    flag: 'log-level',
    env: 'LOG_LEVEL',
    fallback: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    about: 'what is logged; `debug` has a line per task',
  }),
  logFormat: option({
    flag: 'log-format',
    env: 'LOG_FORMAT',
    fallback: 'auto',
    fallbackText: '`json`, on a terminal `pretty`',
    parse: oneOf('auto', 'json', 'pretty'),
    about: '`json` or `pretty`',
  }),
}
