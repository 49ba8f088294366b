import { onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import type { Tasks } from '../../src/core/handlers.ts'
import { totalOf } from '../../src/core/snapshot.ts'
import type { WorkerOptions } from '../../src/core/worker/options.ts'
import type { Worker } from '../../src/core/worker/worker.ts'
import { loadScripts, proxyOf, scriptCall } from './faults.ts'
import type { FaultProxy } from './proxy.ts'
import { sharedRedis } from './redis.ts'
import { type Workbench, workbench } from './workbench.ts'
import type { ScriptName } from '../../src/core/scripts.ts'

/** A workbench with a proxy on which things can go wrong; `client` and `redis` do not go through it. */
export interface FaultyBench extends Workbench {
  readonly proxy: FaultProxy
  /** A client through the proxy. */
  readonly far: Client
  readonly workFar: (tasks: Tasks, options?: Partial<WorkerOptions>) => Promise<Worker>
  /** Totals of an event, from the books. */
  readonly total: (event: string) => Promise<number>
}

export async function faultyBench(): Promise<FaultyBench> {
  const bench = await workbench()
  await loadScripts(bench.redis)
  const { server } = await sharedRedis()
  const proxy = await proxyOf(server)
  const far = new Client({ redisUrl: proxy.url, namespace: bench.namespace })
  onTestFinished(async () => {
    await far.close()
    await proxy.close()
  })
  return {
    ...bench,
    proxy,
    far,
    workFar: (tasks, options) => bench.work(tasks, { redisUrl: proxy.url, ...options }),
    async total(event) {
      const [queue] = await bench.client.inspector.snapshot(['default'])
      return totalOf(queue!.counters, event)
    },
  }
}

/** The numbers of all calls of a script from now on. */
export function numbersOf(proxy: FaultProxy, name: ScriptName): (string | undefined)[] {
  const numbers: (string | undefined)[] = []
  proxy.onCommand = (command, args) => {
    const call = scriptCall(command, args)
    if (call?.name === name) numbers.push(call.call)
  }
  return numbers
}
