import { globalKeys, QUEUE_KEY_NAMES, queueKeys } from '../../src/core/keys.ts'
import { connect } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import type { KeptConnection } from './connections.ts'
import { bytesOf } from './shot.ts'
import { PAYLOAD_MARK, TYPES } from './values.ts'
import { hidesSomething } from './verdict.ts'
import { NAMESPACE, PROOF_QUEUE, type World } from './world.ts'

/** Keys in Redis that are none of a queue that is registered, and none of what stands alone. */
async function strangeKeys({ server, client }: World): Promise<{ count: number; strange: string[] }> {
  const redis = connect(server)
  try {
    const queues = await client.inspector.queueNames()
    const known = new Set<string>(Object.values(globalKeys(NAMESPACE)))
    const prefixes: string[] = []
    for (const queue of queues) {
      const keys = queueKeys(NAMESPACE, queue, '')
      prefixes.push(keys.op)
      for (const name of QUEUE_KEY_NAMES) if (keys[name].endsWith(':')) prefixes.push(keys[name])
      for (const name of QUEUE_KEY_NAMES) known.add(keys[name])
    }
    const all = await redis.keys('*')
    const strange = all.filter((key) => !known.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)))
    return { count: all.length, strange }
  } finally {
    redis.disconnect()
  }
}

const isTold = (line: string): boolean => line !== '' && !/^(Debugger |For help, see: https:\/\/nodejs\.org)/.test(line)

/** What is in the logs that should not be, in words. */
function* logProblems({ stdout, stderr, keys }: World): Generator<string> {
  const bytes = Buffer.concat([stdout(), stderr()])
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd')) yield 'the logs are not valid UTF-8'
  if (text.split('\n').some(hidesSomething)) yield 'the logs have bytes that a terminal would obey or not show'
  for (const [role, key] of Object.entries(keys) as [string, string][]) {
    const secret = key.replace(/^dq_[^_]*_/, '').slice(0, 16)
    if (text.includes(secret)) yield `the logs have the key of the ${role}`
  }
  if (text.includes(PAYLOAD_MARK)) yield 'the logs have a payload'
  for (const line of stdout().toString('utf8').split('\n')) {
    if (line === '') continue
    const read = JSON.parse(line) as Record<string, unknown>
    if (Object.values(read).some((value) => typeof value === 'string' && hidesSomething(value)))
      yield `a line of the log hides something: ${line.slice(0, 300)}`
    if (read['event'] === 'api.failed') yield `the log tells of a fault: ${line.slice(0, 500)}`
  }
  const said = stderr().toString('utf8').split('\n').filter(isTold)
  if (said.length > 0) yield `it wrote to stderr: ${said.slice(0, 3).join(' / ')}`
}

async function bookProblems({ client }: World): Promise<string[]> {
  const problems: string[] = []
  for (const queue of await client.inspector.queueNames()) {
    const report = await client.inspector.verifyDeep(queue)
    if (!report.ok)
      problems.push(`the books of queue ${queue} do not balance: ${report.problems.slice(0, 3).join('; ')}`)
  }
  return problems
}

/** A task through the API to its end. @returns what is in the way of that. */
async function work(world: World, connection: KeptConnection): Promise<string[]> {
  const ask = async (method: string, path: string, body?: string) => {
    const headers = [
      ['Host', 'localhost'],
      ['X-API-Key', world.keys.admin],
      ['Content-Type', 'application/json'],
    ] as const
    const bytes = bytesOf({ method, path, headers, body: body === undefined ? undefined : Buffer.from(body) })
    const { text } = await connection.ask({ bytes, asked: { method, path }, isRefused: false, connection: 'kept' })
    return JSON.parse(text) as { id?: string; state?: string }
  }
  const { id } = await ask('POST', '/v1/tasks', JSON.stringify({ type: TYPES[0], queue: PROOF_QUEUE }))
  if (id === undefined) return ['a task is no longer taken']
  const isDone = async () => (await ask('GET', `/v1/tasks/${id}?queue=${PROOF_QUEUE}`)).state === 'completed'
  return until(isDone, { timeoutMs: 60_000 }).then(
    () => [],
    () => ['a task is no longer worked on'],
  )
}

/**
 * What has to hold once everything was sent, and the daemon was told to end: books are exact while nothing moves.
 * @returns what does not, in words, and how many keys Redis has.
 */
export async function lookBack(
  world: World,
  connection: KeptConnection,
): Promise<{ problems: string[]; redisKeys: number }> {
  const problems: string[] = []
  if (world.isAlive()) {
    problems.push(...(await work(world, connection)))
    connection.close()
    const ended = await world.stop()
    if (ended !== 0) problems.push(`the daemon ended with ${ended}`)
  } else problems.push('the daemon ended by itself')
  const { count, strange } = await strangeKeys(world)
  for (const key of strange.slice(0, 3)) problems.push(`Redis has a key that nobody knows: ${JSON.stringify(key)}`)
  problems.push(...(await bookProblems(world)), ...logProblems(world))
  return { problems, redisKeys: count }
}
