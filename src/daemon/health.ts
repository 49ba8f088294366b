import { request } from 'node:http'
import { type Address, loadConfig } from '../config.ts'
import { messageOf } from '../core/errors.ts'
import { EXIT } from './exit-codes.ts'
import type { Surroundings } from './run.ts'

const ANSWER_MS = 3_000

/** A server on all interfaces is asked on the loopback one. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

function get({ host, port }: Address, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: reachable(host), port, path, timeout: ANSWER_MS, headers: { host: 'localhost' } })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)))
    asked.on('error', reject)
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asked.end()
  })
}

/** `dq-daemon health`: whether the daemon with this configuration, on this machine, is ready. @returns the exit code. */
export async function health({ argv, env, cwd }: Surroundings, print: (line: string) => void): Promise<number> {
  const { roles, apiAddr, metricsAddr } = loadConfig(argv, env, cwd)
  try {
    if (roles.includes('api')) {
      const { status, text } = await get(apiAddr, '/readyz')
      print(text)
      return status === 200 ? EXIT.ok : EXIT.failure
    }
    if (roles.includes('metrics')) {
      const isUp = /^distributedq_redis_up 1$/m.test((await get(metricsAddr, '/metrics')).text)
      print(isUp ? 'ok' : 'redis')
      return isUp ? EXIT.ok : EXIT.failure
    }
  } catch (error) {
    print(`the daemon does not answer: ${messageOf(error)}`)
    return EXIT.failure
  }
  print('health asks the API or the metrics of the daemon: give it one of these roles')
  return EXIT.configuration
}
