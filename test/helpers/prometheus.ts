import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { endWithThisProcess } from './guard.ts'
import { programOf } from './program.ts'
import { freePort } from './redis.ts'
import { until } from './until.ts'

export interface Prometheus {
  /** The values that a query has now; those that are no number are left out. */
  values(promql: string): Promise<number[]>
  /** What the API answers to a path. */
  read(path: string): Promise<unknown>
}

/** A real Prometheus for one test, that scrapes these addresses every second. It never outlives the test process. */
export async function aPrometheus(targets: readonly string[], ruleFiles: readonly string[]): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'dq-prometheus-'))
  const file = join(dir, 'prometheus.yml')
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: [{ job_name: 'distributedq', static_configs: [{ targets }] }],
  }
  writeFileSync(file, stringify(config))
  const address = `127.0.0.1:${await freePort()}`
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=${address}`]
  const child = spawn(programOf('prometheus'), args, { stdio: 'ignore' })
  await once(child, 'spawn')
  const release = endWithThisProcess(child.pid!, dir)
  onTestFinished(async () => {
    const exited = once(child, 'exit')
    if (child.kill('SIGKILL')) await exited
    release()
    rmSync(dir, { recursive: true, force: true })
  })
  const read = async (path: string): Promise<unknown> => {
    const reply = (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as { data?: unknown; error?: string }
    if (reply.error !== undefined) throw new Error(`${path}: ${reply.error}`)
    return reply.data
  }
  await until(() => read('status/buildinfo'), { what: 'Prometheus to answer', timeoutMs: 20_000 })
  return {
    read,
    async values(promql) {
      const data = await read(`query?query=${encodeURIComponent(promql)}`)
      const { result } = data as { result: readonly { value: [number, string] }[] }
      return result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value))
    },
  }
}
