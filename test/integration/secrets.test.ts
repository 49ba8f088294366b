import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { guardedRedis, passwordOf } from '../helpers/access.ts'
import { dq, dqProgram } from '../helpers/cli.ts'
import { aDaemon, HANDLERS, runToEnd } from '../helpers/daemon.ts'
import { ROOT } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const API_KEY = 'k3y-of-the-api-that-nobody-may-see'
const WRONG = 'hunter2-is-wrong'
const SECRETS = [API_KEY, passwordOf('worker'), WRONG]
const ISOLATED = join(ROOT, 'test', 'fixtures', 'access-handlers.ts')
const UNIT = readFileSync(join(ROOT, 'deploy', 'systemd', 'dq-daemon@.service'), 'utf8')
const NOWHERE = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0']

/** Files in a folder of their own, as systemd and Docker give them, with the line end that editors leave. */
function credentials(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-credentials-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`, { mode: 0o400 })
  return folder
}

/** The variables of the unit, where its credentials are in this folder. */
const variablesOfUnit = (folder: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(UNIT.matchAll(/^Environment=(.*)$/gm), ([, line]) => line!.split(' '))
      .flat()
      .map((word) => word.replace('%d', folder).split(/=(.*)/s).slice(0, 2) as [string, string]),
  )

const shownIn = (text: string): string[] => SECRETS.filter((secret) => text.includes(secret))

/** The arguments and the environment of every process of this user, as anybody on the machine, or the same user, sees them. */
const processes = (): string =>
  spawnSync('ps', [process.platform === 'darwin' ? 'axEwww' : 'axewww', '-o', 'args'], { encoding: 'utf8' }).stdout

it('the unit of systemd gives the daemon its secrets as files, and nobody else', { timeout: 60_000 }, async () => {
  const redis = await guardedRedis()
  const folder = credentials({ 'redis-url': redis.urlOf('worker'), 'api-key': API_KEY })
  const env = variablesOfUnit(folder)
  expect(env).toMatchObject({ REDIS_URL_FILE: `${folder}/redis-url`, API_KEY_FILE: `${folder}/api-key` })
  const args = ['--log-level', 'debug', '--handlers', ISOLATED, '--queues', 'mail']
  const daemon = await aDaemon({ env, args })
  expect((await daemon.call('GET', '/v1/queues')).status).toBe(401)
  const headers = { 'x-api-key': API_KEY }
  const enqueued = await daemon.call('POST', '/v1/tasks', { headers, body: { type: 'child', payload: {}, id: 'c' } })
  expect(enqueued.status).toBe(201)
  await until(async () => (await daemon.call('GET', '/v1/tasks/c', { headers })).text.includes('"completed"'))
  const seen = processes()
  expect(seen).toContain('dq-child')
  expect(seen).toContain(`${folder}/redis-url`)
  expect(shownIn(seen)).toEqual([])
  const { stdout, stderr } = daemon.process
  expect(
    shownIn([...stdout, ...stderr, (await daemon.call('GET', `${daemon.metrics}/metrics`)).text].join('\n')),
  ).toEqual([])
})

it('a password alone, or a user and a password, can be a file too, for dq as well', { timeout: 60_000 }, async () => {
  const redis = await guardedRedis()
  const folder = credentials({ password: passwordOf('worker') })
  const env = {
    REDIS_URL: redis.server.url,
    REDIS_USERNAME: 'dq-worker',
    REDIS_PASSWORD_FILE: join(folder, 'password'),
  }
  expect(await runToEnd(['check'], env)).toMatchObject({ code: 0 })
  const { code, out } = await dq({ url: redis.server.url, namespace: 'dq' }, ['queues', '--json'], { env })
  expect({ code, out: JSON.parse(out) as unknown }).toEqual({ code: 0, out: [] })
})

it('no secret is shown by what tells of the configuration, or of its mistakes', { timeout: 60_000 }, async () => {
  const redis = await guardedRedis()
  const wrong = redis.urlOf('worker').replace(passwordOf('worker'), WRONG)
  const folder = credentials({
    url: redis.urlOf('worker'),
    wrong,
    'api-key': API_KEY,
    none: '',
    broken: `nonsense ${WRONG}`,
  })
  const file = (name: string): string => join(folder, name)
  const texts: string[] = []
  const told = async (args: readonly string[], env: Record<string, string>): Promise<number | null> => {
    const { code, stdout, stderr } = await runToEnd(args, env)
    texts.push(...stdout, stderr)
    return code
  }
  const right = { REDIS_URL_FILE: file('url'), API_KEY_FILE: file('api-key') }
  expect(await told(['config'], right)).toBe(0)
  expect(texts.join('\n')).toMatch(/^redis-url +redis:\/\/dq-worker:\*{3}@127\.0\.0\.1:\d+/m)
  expect(await told(['check'], right)).toBe(0)
  expect(await told([...NOWHERE, '--handlers', HANDLERS], { REDIS_URL_FILE: file('wrong') })).toBe(78)
  expect(await told(['check'], { REDIS_URL_FILE: file('wrong') })).toBe(78)
  expect(await told(['check'], { REDIS_URL_FILE: file('broken') })).toBe(2)
  expect(await told(['check'], { REDIS_URL: wrong, REDIS_PASSWORD: passwordOf('worker') })).toBe(2)
  expect(await told(['check'], { ...right, API_KEY: WRONG })).toBe(2)
  const top = await dqProgram({ url: wrong, namespace: 'dq' }, ['stats'])
  expect(top.code).toBe(78)
  texts.push(top.out, top.err)
  expect(texts.length).toBeGreaterThan(10)
  expect(shownIn(texts.join('\n'))).toEqual([])
})
