import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Client, Keyring } from '../../src/core/index.ts'
import { type AnswersDocument, DocumentedAnswers } from '../helpers/api-answers.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { aDaemon, call, runToEnd } from '../helpers/daemon.ts'
import { allThatIsStored, KEYS, SECRET, withKey } from '../helpers/encrypted.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-encryption-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A file that only its owner can read, with these keys, of which the first encrypts. */
function keysFile(...kids: (keyof typeof KEYS)[]): string {
  const file = join(aFolder(), 'keys')
  writeFileSync(file, `# ours\n${kids.map((kid) => `${kid} ${KEYS[kid]}\n`).join('')}`, { mode: 0o400 })
  return file
}

const clientOf = ({ redis, namespace }: Workbench, ...kids: Parameters<typeof withKey>): Client =>
  new Client({ redis, namespace, encryption: withKey(...kids) })

/** A dead task whose payload, error and stack hold the secret. */
async function aDeadTask(): Promise<Workbench> {
  const bench = await workbench()
  const fails = (): never => {
    throw new TypeError(`bad ${SECRET}`)
  }
  await bench.work({ mail: fails }, { encryption: withKey('k1'), maxRetries: 0 })
  await clientOf(bench, 'k1').enqueue('mail', { to: SECRET }, { id: 'm1' })
  await bench.untilState('m1', 'dead')
  await bench.client.operator.pause('default')
  return bench
}

describe('dq', () => {
  it('shows which key a task wants, and what it is only when asked to and with that key', async () => {
    const bench = await aDeadTask()
    const plain = await dq(bench, ['get', 'm1'])
    expect(plain.out).toMatch(/payload\n {2}<encrypted kid=k1>\n/)
    expect(plain.out).toMatch(/attempt 1 error .*\n {2}<encrypted kid=k1>/)
    const keys = ['--encryption-keys-file', keysFile('k2', 'k1')]
    expect((await dq(bench, ['get', 'm1', ...keys])).out).toContain('<encrypted kid=k1>')
    expect(plain.out).not.toContain(SECRET)
    expect(await dqJson(bench, ['get', 'm1'])).toMatchObject({ payload: '<encrypted kid=k1>', encrypted: 'k1' })
    const shown = await dqJson<object>(bench, ['get', 'm1', '--reveal', ...keys])
    expect(shown).toMatchObject({ payload: { to: SECRET }, error: { message: `bad ${SECRET}` } })
    expect(shown).not.toHaveProperty('encrypted')
    expect(await dq(bench, ['get', 'm1', '--reveal'])).toMatchObject({
      code: 2,
      err: 'dq: --reveal wants keys: name a file with --encryption-keys-file',
    })
    const found = (filter: string) => dqJson<{ items: object[] }>(bench, ['dlq', 'list', '--filter', filter])
    expect(await found('key:k1')).toMatchObject({ items: [{ id: 'm1' }] })
    for (const none of ['key:k2', `err~${SECRET}`, `payload.to:${SECRET}`])
      expect(await found(none)).toMatchObject({ items: [] })
    const wrong = await dq(bench, ['get', 'm1', '--reveal'], { env: { DQ_ENCRYPTION_KEYS_FILE: keysFile('k2') } })
    expect(wrong).toMatchObject({ code: 0, err: expect.stringContaining('not all of it can be opened') })
  })

  it('encrypts what it enqueues, saves and edits with a file of keys, and edits nothing without', async () => {
    const bench = await aDeadTask()
    const env = { DQ_ENCRYPTION_KEYS_FILE: keysFile('k1') }
    const edit = ['dlq', 'replay', 'm1', '--payload', `{"to":"${SECRET}2"}`]
    expect(await dq(bench, edit)).toMatchObject({ code: 1, err: expect.stringContaining('encrypted with key k1') })
    expect((await dq(bench, edit, { env })).out).toBe('replayed m1 in default: changed to')
    await dq(bench, ['enqueue', 'mail', `"${SECRET}"`, '--id', 'm2'], { env })
    await dq(bench, ['enqueue', '-'], { env, input: `{"type":"mail","payload":"${SECRET}","id":"m3"}\n` })
    await dq(bench, ['schedule', 'add', '@every 1h', 'mail', `"${SECRET}"`, '--name', 'hourly'], { env })
    for (const id of ['m1', 'm2', 'm3'])
      expect(await bench.client.getTask(id)).toMatchObject({ payload: '<encrypted kid=k1>' })
    expect((await dq(bench, ['schedule', 'list'])).out).toMatch(/ <encrypted kid=k1>/)
    expect(await clientOf(bench, 'k1').getTask('m1')).toMatchObject({ payload: { to: `${SECRET}2` } })
    expect(await allThatIsStored(bench.redis, bench.namespace)).not.toContain(SECRET)
  })

  it('writes what is stored into a backup, from which it can be opened', async () => {
    const bench = await aDeadTask()
    const { sealed } = (await bench.client.getTask('m1'))!
    const file = join(aFolder(), 'backup.jsonl')
    const env = { DQ_ENCRYPTION_KEYS_FILE: keysFile('k1') }
    expect((await dq(bench, ['dlq', 'purge', 'm1', '--yes', '--backup', file], { env })).code).toBe(0)
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain(SECRET)
    const line = JSON.parse(text) as { sealed: { payload: string; attempts: [{ message: string }] } }
    const keyring = new Keyring(withKey('k1'))
    const of = { queue: 'default', type: 'mail', name: 'm1' }
    expect(keyring.open(line.sealed.payload, { ...of, field: 'payload' })).toEqual({ text: `{"to":"${SECRET}"}` })
    expect(keyring.open(line.sealed.attempts[0].message, { ...of, field: 'error' })).toEqual({ text: `bad ${SECRET}` })
    expect(line).toMatchObject({
      id: 'm1',
      payload: '<encrypted kid=k1>',
      encrypted: 'k1',
      sealed: { payload: sealed?.payload, name: 'm1', attempts: [{ message: expect.stringMatching(/^!dq1 k1 i /) }] },
    })
  })
})

describe('a daemon', () => {
  const start = async (bench: Workbench, env: Record<string, string>) =>
    aDaemon({ redisUrl: bench.url, namespace: bench.namespace, env })

  it('encrypts what comes in over HTTP, runs it, and shows neither it nor its error, in answers and in the log', async () => {
    const bench = await workbench()
    const { api, process } = await start(bench, { DQ_ENCRYPTION_KEYS_FILE: keysFile('k1'), LOG_LEVEL: 'debug' })
    const post = (body: object) => call(api, 'POST', '/v1/tasks', { body })
    await post({ type: 'echo', payload: { value: SECRET }, id: 'good' })
    await post({ type: 'fail', payload: { value: SECRET }, id: 'bad' })
    await bench.untilState('good', 'completed')
    await bench.untilState('bad', 'dead')
    const shown = async (id: string): Promise<unknown> => (await call(api, 'GET', `/v1/tasks/${id}`)).json
    expect(await shown('good')).toMatchObject({ result: '<encrypted kid=k1>', encrypted: 'k1' })
    expect(await shown('bad')).toMatchObject({
      payload: '<encrypted kid=k1>',
      encrypted: 'k1',
      error: { reason: 'error', message: '<encrypted kid=k1>' },
    })
    expect((await call(api, 'GET', '/openapi.json')).text).toContain('<encrypted kid=…>')
    const schedule = { name: 'hourly', spec: '@every 1h', type: 'echo', payload: { value: SECRET } }
    const saved = (await call(api, 'POST', '/v1/schedules', { body: schedule })).json
    expect(saved).toMatchObject({ payload: '<encrypted kid=k1>', encrypted: 'k1' })
    expect(await clientOf(bench, 'k1').waitFor('good')).toMatchObject({ result: { payload: { value: SECRET } } })
    await until(() => process.stdout.some((line) => line.includes('task.dead')), { what: 'the death in the log' })
    const log = process.stdout.join('\n')
    expect(log).toMatch(/task is dead: <encrypted kid=k1>/)
    expect(log).not.toContain('as asked')
    expect(log).not.toContain(SECRET)
    expect(await allThatIsStored(bench.redis, bench.namespace)).not.toContain(SECRET)
  })

  it('answers about what is encrypted as /openapi.json says', async () => {
    const bench = await workbench()
    const { api } = await start(bench, { DQ_ENCRYPTION_KEYS_FILE: keysFile('k1') })
    const answers = new DocumentedAnswers((await call(api, 'GET', '/openapi.json')).json as AnswersDocument)
    for (const [id, type] of [
      ['good', 'echo'],
      ['bad', 'fail'],
    ] as const)
      await call(api, 'POST', '/v1/tasks', { body: { type, payload: { value: SECRET }, id } })
    const schedule = { name: 'hourly', spec: '@every 1h', type: 'echo', payload: { value: SECRET } }
    await call(api, 'POST', '/v1/schedules', { body: schedule })
    await bench.untilState('good', 'completed')
    await bench.untilState('bad', 'dead')
    const asked = ['tasks/good', 'tasks/bad', 'dlq', 'dlq/groups', 'schedules', 'schedules/hourly', 'workers']
    const texts: string[] = []
    for (const path of asked.map((one) => `/v1/${one}`)) {
      const { status, headers, text } = await call(api, 'GET', path)
      const contentType = String(headers['content-type'])
      expect(status).toBe(200)
      expect(answers.problemOf({ method: 'GET', path, status, contentType, text })).toBeUndefined()
      texts.push(text)
    }
    expect(texts.filter((text) => text.includes('"encrypted":"k1"'))).toHaveLength(5)
    expect(texts.at(-1)).toContain('"key_ids":["k1"]')
    expect(texts.join('\n')).not.toContain(SECRET)
  })

  it('without keys leaves such tasks to others, and shows them in the same way', async () => {
    const bench = await workbench()
    const { api, process } = await start(bench, {})
    await clientOf(bench, 'k1').enqueue('echo', { value: SECRET }, { id: 'm1' })
    await process.waitForLine(/task is encrypted with key k1, which is not here/)
    const { json } = await call(api, 'GET', '/v1/tasks/m1')
    expect(json).toMatchObject({ payload: '<encrypted kid=k1>', encrypted: 'k1', attempt: 0 })
  })

  it('reads its file of keys again at SIGHUP, and keeps what it has when that went wrong', async () => {
    const bench = await workbench()
    const file = keysFile('k1')
    const { process } = await start(bench, { DQ_ENCRYPTION_KEYS_FILE: file })
    chmodSync(file, 0o600)
    writeFileSync(file, 'k2 nonsense\n')
    process.kill('SIGHUP')
    await process.waitForLine(/config\.refused.*line 1: the key has to be base64 of 32 bytes/)
    expect((await clientOf(bench, 'k1').enqueue('echo', {}, { id: 'old' })).outcome).toBe('enqueued')
    await bench.untilState('old', 'completed')
    writeFileSync(file, `k1 ${KEYS.k1}\nk2 ${KEYS.k2}\n`)
    process.kill('SIGHUP')
    await process.waitForLine(/config\.reloaded/)
    await clientOf(bench, 'k2').enqueue('echo', {}, { id: 'new' })
    expect(await bench.untilState('new', 'completed')).toMatchObject({ result: '<encrypted kid=k1>' })
    const keysOfWorker = async () => (await bench.client.inspector.workers())[0]?.keyIds.join()
    await until(async () => (await keysOfWorker()) === 'k1,k2', { what: 'the next heartbeat' })
  })

  it('does not start with a file that cannot be used, and says when others can read it', async () => {
    const file = join(aFolder(), 'keys')
    writeFileSync(file, `k1 ${KEYS.k1}x\n`)
    const { code, stderr } = await runToEnd(['--encryption-keys-file', file])
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--encryption-keys-file: .*keys, line 1: the key has to be/),
    ])
    expect(stderr).not.toContain(KEYS.k1)
    writeFileSync(file, `k1 ${KEYS.k1}\n`)
    chmodSync(file, 0o644)
    const bench = await workbench()
    const { process } = await start(bench, { DQ_ENCRYPTION_KEYS_FILE: file })
    expect(process.stdout.join('\n')).toMatch(/config\.strange.*every user of this machine can read/)
  })
})
