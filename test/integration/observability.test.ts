import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { Client } from '../../src/core/index.ts'
import { aDaemon, type RunningDaemon } from '../helpers/daemon.ts'
import { ROOT } from '../helpers/process.ts'
import { outputOf } from '../helpers/program.ts'
import { aPrometheus, type Prometheus } from '../helpers/prometheus.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const FOLDER = join(ROOT, 'deploy', 'prometheus')
const RULE_FILES = ['alerts.rules.yml', 'recording.rules.yml'].map((name) => join(FOLDER, name))
const RULE_TESTS = join(ROOT, 'test', 'fixtures', 'prometheus', 'rules.test.yml')

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
}
const rulesIn = (file: string): Rule[] =>
  (parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules)
const [ALERTS, RECORDS] = RULE_FILES.map(rulesIn) as [Rule[], Rule[]]

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}
const DASHBOARD = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/dashboards/distributedq.json'), 'utf8')) as {
  panels: Panel[]
}
const PANELS = DASHBOARD.panels.filter(({ targets }) => targets !== undefined)

/** Queries that may rightly have no answer, and why. */
const MAY_BE_EMPTY = new Map([
  ['max by (name) (distributedq_queue_eta_seconds{name=~"$queue"})', 'a line that does not get shorter has no end'],
])

/** As Grafana fills them in with everything chosen, for a test that lasts seconds. */
const filledIn = (expr: string): string =>
  expr.replaceAll(/\$(queue|type)\b/g, '.*').replaceAll(/\$__(rate_interval|range)\b/g, '20s')

describe('the rules for Prometheus', () => {
  it('are clean', () => {
    expect(outputOf('promtool', ['check', 'rules', ...RULE_FILES])).toMatchObject({ code: 0 })
    expect(outputOf('promtool', ['check', 'config', join(FOLDER, 'prometheus.yml')])).toMatchObject({ code: 0 })
  })

  it('fire when they should, and not before', () => {
    expect(outputOf('promtool', ['test', 'rules', RULE_TESTS])).toMatchObject({ code: 0 })
    const tests = (parse(readFileSync(RULE_TESTS, 'utf8')) as RuleTests).tests.flatMap((test) => test.alert_rule_test)
    const seen = (fires: boolean): Set<string> =>
      new Set(tests.filter((test) => test && test.exp_alerts.length > 0 === fires).map((test) => test!.alertname))
    for (const { alert } of ALERTS) {
      expect(seen(true), `${alert} fires in a test`).toContain(alert)
      expect(seen(false), `${alert} stays silent in a test`).toContain(alert)
    }
  })

  it('have a page each in the runbook, and the runbook has no other', () => {
    const text = readFileSync(join(ROOT, 'docs', 'OPERATING.md'), 'utf8')
    const pages = [...text.matchAll(/^### (DistributedQ\w+)\n([^]*?)(?=^##)/gm)]
    expect(new Set(pages.map(([, name]) => name))).toEqual(new Set(ALERTS.map(({ alert }) => alert)))
    expect(pages).toHaveLength(ALERTS.length)
    for (const [, name, page] of pages) expect(page, `${name}: what to press or to run`).toMatch(/`dq|`[\dA-Z]`/)
  })
})

interface RuleTests {
  readonly tests: readonly { readonly alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[]
}

/** Something of everything, for as long as the test lasts. */
function load(client: Client): void {
  const more = async (): Promise<void> => {
    await client.enqueueMany([
      ...Array.from({ length: 10 }, () => ({ type: 'echo', payload: {} })),
      { type: 'fail', payload: {} },
      { type: 'demo.email', payload: {}, maxRetries: 2 },
      { type: 'echo', payload: {}, queue: 'mail' },
      { type: 'echo', payload: {}, delay: '1h' },
    ])
  }
  const timer = setInterval(() => void more(), 200)
  onTestFinished(() => clearInterval(timer))
}

/** A daemon that dies while it holds a task, which the others take back. */
async function oneThatDies(place: { redisUrl: string; namespace: string }, client: Client): Promise<void> {
  const args = ['--roles', 'worker', '--queues', 'doomed', '--lease-ttl', '1s']
  const doomed = await aDaemon({ ...place, args })
  const task = await client.enqueue('slow', { ms: 600_000 }, { queue: 'doomed' })
  await until(async () => (await client.getTask(task.id))?.state === 'active')
  doomed.process.kill('SIGKILL')
}

const named = (exprs: readonly string[]): string[] => [
  ...new Set(exprs.flatMap((expr) => expr.match(/distributedq_\w+/g) ?? [])),
]

async function unanswered(prometheus: Prometheus, queries: readonly string[]): Promise<string[]> {
  const counts = await Promise.all(queries.map(async (query) => (await prometheus.values(filledIn(query))).length))
  return queries.filter((query, i) => counts[i] === 0 && !MAY_BE_EMPTY.has(query))
}

async function twoDaemons(): Promise<{ daemons: RunningDaemon[]; client: Client }> {
  const { url: redisUrl, namespace } = await sharedRedis()
  const client = new Client({ redisUrl, namespace })
  onTestFinished(() => client.close())
  await client.operator.setObjective('mail', { wait: '1s', target: 0.99 })
  const args = ['--queues', 'default,mail', '--lease-ttl', '1s', '--reaper-interval', '100ms']
  const env = { WORKER_SLEEP_MS: '5', WORKER_FAILURE_PCT: '50' }
  const daemons = await Promise.all([1, 2].map(() => aDaemon({ redisUrl, namespace, args, env })))
  load(client)
  await oneThatDies({ redisUrl, namespace }, client)
  return { daemons, client }
}

describe('a Prometheus that scrapes two daemons under load', () => {
  it(
    'has an answer to every query of the dashboard, and knows every metric of the rules',
    { timeout: 120_000 },
    async () => {
      const { daemons } = await twoDaemons()
      const prometheus = await aPrometheus(
        daemons.map(({ metrics }) => new URL(metrics).host),
        RULE_FILES,
      )
      const queries = PANELS.flatMap(({ targets }) => targets!.map(({ expr }) => expr))
      expect(queries.length).toBeGreaterThan(40)
      const operands = named(ALERTS.map(({ expr }) => expr))
      const records = RECORDS.map(({ record }) => record!)
      const wanted = [...queries, ...operands, ...records]
      let missing = wanted
      const left = async (): Promise<boolean> => (missing = await unanswered(prometheus, missing)).length === 0
      await until(left, { timeoutMs: 40_000, everyMs: 500 }).catch(() => {})
      expect(missing).toEqual([])
      const { groups } = (await prometheus.read('rules')) as { groups: { rules: { name: string; health: string }[] }[] }
      const healthy = groups.flatMap(({ rules }) => rules).filter(({ health }) => health === 'ok')
      expect(healthy).toHaveLength(ALERTS.length + RECORDS.length)
      expect(await prometheus.values('sum(up{job="distributedq"})')).toEqual([2])
      expect(await prometheus.values('count(count by (instance) (distributedq_queue_depth))')).toEqual([1])
    },
  )
})
