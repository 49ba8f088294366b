import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { queueKeys } from '../../src/core/keys.ts'
import { ROOT, spawnNode } from '../helpers/process.ts'
import { connect, sharedRedis } from '../helpers/redis.ts'

const API = '@opentelemetry/api'
const FIXTURE = join('test', 'fixtures', 'untraced.ts')

/** The library in a program of its own, with what it depends on and nothing else. */
function aProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-untraced-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(join(ROOT, 'src', 'core'), join(folder, 'src', 'core'), { recursive: true })
  mkdirSync(join(folder, dirname(FIXTURE)), { recursive: true })
  cpSync(join(ROOT, FIXTURE), join(folder, FIXTURE))
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }
  mkdirSync(join(folder, 'node_modules'))
  for (const name of Object.keys(dependencies))
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  return folder
}

/** An API that begins with this. */
function withApi(folder: string, source: string): void {
  const place = join(folder, 'node_modules', API)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: API, type: 'module', main: 'index.js' }))
  writeFileSync(join(place, 'index.js'), source)
}

async function run(folder: string) {
  const { server, url, namespace } = await sharedRedis()
  const program = spawnNode(join(folder, FIXTURE), { args: [url, namespace], cwd: folder })
  const { code } = await program.exit
  const redis = connect(server)
  const envelopes = (await redis.hvals(queueKeys(namespace, 'other', 'test').tasks)).toSorted()
  await redis.quit()
  return { code, told: JSON.parse(program.stdout.join('')) as object, stderr: program.stderr, envelopes }
}

test('a program without the API of OpenTelemetry works, and nothing is done or stored for traces', async () => {
  expect(await run(aProgram())).toEqual({
    code: 0,
    told: { state: 'completed', kept: expect.any(String), mayTrace: false, isSameCall: true, span: null, many: 1 },
    stderr: [],
    envelopes: ['d|kept\n\n1', 'd|kept\n\n2'],
  })
})

test.each([
  ['cannot be read', 'export const trace = ;', 'Unexpected token'],
  ['lacks a package of its own', "import 'not-installed-anywhere'", "Cannot find package 'not-installed-anywhere'"],
])('an API that %s is told, with what to do', async (_, source, words) => {
  const folder = aProgram()
  withApi(folder, source)
  const { told } = await run(folder)
  expect(told).toEqual({ error: expect.stringContaining(`DqError: ${API} cannot be loaded: `) })
  expect(told).toEqual({ error: expect.stringMatching(new RegExp(`${words}.*; install it again$`)) })
})
