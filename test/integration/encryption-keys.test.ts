import { beforeEach, describe, expect, it } from 'vitest'
import { Client, Keyring } from '../../src/core/index.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { allThatIsStored, SECRET, withKey } from '../helpers/encrypted.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

let bench: Workbench
const clientWith = (...kids: Parameters<typeof withKey>): Client =>
  new Client({ redis: bench.redis, namespace: bench.namespace, encryption: withKey(...kids) })

beforeEach(async () => {
  bench = await workbench()
})

const echo = { echo: (payload: unknown) => payload }
const MINUTES = 60_000
const envelopeOf = async (id: string): Promise<string> =>
  (await bench.redis.call('HGET', bench.keys.tasks, id)) as string

describe('a new key', () => {
  it('opens beside the old one, and encrypts once it is the current one', async () => {
    const before = await clientWith('k1').enqueue('echo', 1)
    const keyring = new Keyring(withKey('k1'))
    await bench.work(echo, { encryption: keyring })
    expect((await clientWith('k1', 'k2').waitFor(before.id)).result).toBe(1)
    keyring.replace(withKey('k2', 'k1'))
    const [old, fresh] = [await clientWith('k1').enqueue('echo', 2), await clientWith('k2').enqueue('echo', 3)]
    expect((await clientWith('k2').waitFor(old.id)).result).toBe(2)
    expect((await clientWith('k2').waitFor(fresh.id)).result).toBe(3)
    expect((await bench.client.getTask(old.id))?.result).toBe('<encrypted kid=k2>')
  })
})

describe('a task whose key a worker does not have', () => {
  const setUnknownSince = (id: string, sinceMs: number): Promise<unknown> =>
    bench.redis.call('HSET', bench.keys.attempts, id, `0,0,0,0,0,${sinceMs}`)

  it('is put off for a second, uncounted, by workers with other keys and by those without any', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    const other = await bench.work(echo, { encryption: withKey('k2') })
    expect(await bench.untilSeen('task.unknown')).toMatchObject([{ id, delayMs: 1000, missingKey: 'k1' }])
    expect(await bench.untilState(id, 'scheduled')).toMatchObject({ attempt: 0 })
    await other.stop()
    await bench.work(echo)
    await bench.promoteUntil(() => bench.seen('task.unknown').length === 2)
    expect((await bench.client.inspector.explain(id)).reasons[0]).toMatchObject({
      code: 'put_off',
      text: expect.stringContaining('does not have key k1'),
    })
  })

  it('runs once somebody has it', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    const without = await bench.work(echo)
    await bench.untilSeen('task.unknown')
    await without.stop()
    await bench.work(echo, { encryption: withKey('k1') })
    await bench.promoteUntil(async () => (await bench.client.getTask(id))?.state === 'completed')
    expect((await clientWith('k1').getTask(id))?.result).toBe(SECRET)
  })

  it('dies after ten minutes when no live worker has it, and says why', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    await setUnknownSince(id, Date.now() - 11 * MINUTES)
    await bench.work(echo, { encryption: withKey('k2') })
    expect((await bench.untilState(id, 'dead')).error).toMatchObject({
      reason: 'no_key',
      message: 'no live worker has key k1, with which its payload is encrypted; add it to their keys, then replay',
    })
  })

  it('lives on when another live worker has it', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    await setUnknownSince(id, Date.now() - 11 * MINUTES)
    await bench.work(echo, { encryption: withKey('k1'), queues: ['other'], upkeep: true })
    await until(async () => (await bench.client.inspector.workers())[0]?.keyIds.includes('k1') === true, {
      what: 'the heartbeat of the other worker',
    })
    await bench.work(echo, { encryption: withKey('k2') })
    expect(await bench.untilSeen('task.unknown')).toMatchObject([{ id, delayMs: 30_000 }])
  })
})

describe('an encrypted payload', () => {
  /** Of what it dies once a worker with its key met it, and how many handlers ran. */
  const endOf = async (id: string): Promise<object> => {
    let runs = 0
    await bench.work({ echo: () => ++runs, other: () => ++runs }, { encryption: withKey('k1') })
    const { error } = await bench.untilState(id, 'dead')
    return {
      reason: error?.reason,
      isUnopened: error?.message.startsWith('its payload cannot be opened with key'),
      runs,
    }
  }
  const NEVER_RAN = { reason: 'malformed', isUnopened: true, runs: 0 }
  const change = async (id: string, by: (envelope: string) => string): Promise<unknown> =>
    bench.redis.call('HSET', bench.keys.tasks, id, by(await envelopeOf(id)))

  it('never runs when a character of it was changed', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    await change(id, (text) => text.slice(0, -5) + (text.at(-5) === 'A' ? 'B' : 'A') + text.slice(-4))
    expect(await endOf(id)).toEqual(NEVER_RAN)
  })

  it('never runs when it was cut', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    await change(id, (text) => text.slice(0, -60))
    expect(await endOf(id)).toEqual(NEVER_RAN)
  })

  it('never runs under another id, type or scope', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET)
    const lineOf = (envelope: string): string => envelope.split('\n')[2]!
    const line = lineOf(await envelopeOf(id))
    const withLine = (by: string) => (text: string) => text.replace(lineOf(text), by)
    const moved = await clientWith('k1').enqueue('echo', 0)
    await change(moved.id, withLine(line))
    const typed = await clientWith('k1').enqueue('other', 0, { id: 'typed' })
    await change(typed.id, (text) => text.replace('other', 'echo'))
    const scoped = await clientWith('k1').enqueue('echo', 0, { id: 'name:1' })
    await change(scoped.id, (text) => text.replace(' i ', ' s '))
    await bench.client.cancel(id)
    for (const one of [moved, typed, scoped]) expect(await endOf(one.id)).toEqual(NEVER_RAN)
  })

  it('never runs in another queue', async () => {
    const { id } = await clientWith('k1').enqueue('echo', SECRET, { queue: 'other', id: 'same' })
    const there = await bench.redis.call('HGET', queueKeys(bench.namespace, 'other', 'test').tasks, id)
    await clientWith('k1').enqueue('echo', 0, { id: 'same' })
    await change('same', (text) => `${text.split('\n').slice(0, 2).join('\n')}\n${String(there).split('\n')[2]}`)
    expect(await endOf('same')).toEqual(NEVER_RAN)
  })

  it('is not compared by what a stranger could compute', async () => {
    const sha = (one: string): string | undefined => /[|]u=([^|\n]*)/.exec(one)?.[1]
    const unique = { unique: { for: '1h' } } as const
    const { id } = await clientWith('k1').enqueue('echo', 1, unique)
    const open = await bench.client.enqueue('echo', 1, unique)
    const other = await clientWith('k2').enqueue('echo', 1, unique)
    const shas = await Promise.all([id, open.id, other.id].map(async (one) => sha(await envelopeOf(one))))
    expect(new Set(shas).size).toBe(3)
    const hashes = await Promise.all(
      ['a', 'b'].map(async (one) => {
        await clientWith('k1').enqueue('echo', one, { id: one })
        return /h=(\d+)/.exec(await envelopeOf(one))?.[1]
      }),
    )
    expect(hashes[0]).toBe(hashes[1])
  })
})

describe('an encrypted schedule', () => {
  const schedule = { name: 'nightly', spec: '@every 1h', type: 'echo', payload: { secret: SECRET } }
  const definition = (): Promise<unknown> => bench.redis.call('HGET', `${bench.namespace}:schedules`, 'nightly')

  it('fires by whoever has no key, and runs where there is one', async () => {
    await clientWith('k1').operator.saveSchedule(schedule)
    const triggered = await bench.client.operator.triggerSchedule('nightly')
    await bench.work(echo, { encryption: withKey('k1') })
    expect((await clientWith('k1').waitFor(triggered!.id)).result).toEqual(schedule.payload)
    expect(await bench.client.inspector.schedule('nightly')).toMatchObject({ payload: '<encrypted kid=k1>' })
    expect(await allThatIsStored(bench.redis, bench.namespace)).not.toContain(SECRET)
  })

  it('stays as it is when it is saved again, and is encrypted anew by a new key', async () => {
    const { operator } = clientWith('k1')
    await operator.saveSchedule(schedule)
    const first = await definition()
    await operator.saveSchedule(schedule)
    await bench.client.operator.enableSchedule('nightly', false)
    await bench.client.operator.enableSchedule('nightly', true)
    expect(await definition()).toBe(first)
    await clientWith('k2', 'k1').operator.saveSchedule(schedule)
    expect(await bench.client.inspector.schedule('nightly')).toMatchObject({ payload: '<encrypted kid=k2>' })
    expect(await clientWith('k1').operator.reconcileSchedules('file', [schedule])).toMatchObject({ saved: ['nightly'] })
    expect(await clientWith('k1').operator.reconcileSchedules('file', [schedule])).toMatchObject({ saved: [] })
  })

  it('is not lost when what is shown of it is saved again', async () => {
    await clientWith('k1').operator.saveSchedule(schedule)
    const shown = (await bench.client.inspector.schedule('nightly'))!
    const { name, type, payload } = shown
    const attempt = bench.client.operator.saveSchedule({ name, type, payload, spec: '@every 2h' })
    await expect(attempt).rejects.toThrow(/^payload is <encrypted kid=k1>, which stands for one that is encrypted/)
    await expect(clientWith('k1').enqueue('echo', payload)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('wants a name, which would otherwise be made of its payload', async () => {
    const { name: _, ...nameless } = schedule
    await expect(clientWith('k1').operator.saveSchedule(nameless)).rejects.toThrow(/^name: give one/)
  })
})
