import { parentPort, workerData } from 'node:worker_threads'
import { scriptCall } from './faults.ts'
import { startProxy } from './proxy.ts'

/** A proxy with a thread of its own, so that code under test that blocks its event loop does not hold it up. */
export interface ProxyThreadData {
  readonly port: number | undefined
  readonly path: string | undefined
  readonly latencyMs: number
  readonly cutChance: number
}

const { port, path, latencyMs, cutChance } = workerData as ProxyThreadData
const proxy = await startProxy({ port, path })
proxy.latencyMs = latencyMs
proxy.cutChance = cutChance
// Scripts that keep no answers may be repeated too, but what the first call told is not told again: tests ask for that.
proxy.cutOnly = (command, args) => scriptCall(command, args)?.call !== undefined
parentPort!.postMessage(proxy.port, [])
