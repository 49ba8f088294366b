import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { ROOT, spawnNode } from '../helpers/process.ts'
import { startRedis } from '../helpers/redis.ts'

const LIBRARY = pathToFileURL(join(ROOT, 'src', 'core', 'index.ts')).href

it('the example of the README runs as it stands there, and prints what is written below it', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, code = '', printed = ''] = /```ts\n([^]*?)```\n\nIt prints `([^`]+)`/.exec(readme) ?? []
  const program = code.replace("'distributedq'", `'${LIBRARY}'`)
  expect(program).not.toBe(code)
  const server = await startRedis()
  try {
    const example = spawnNode('--input-type=module-typescript', {
      args: ['--eval', program],
      env: { REDIS_URL: server.url },
    })
    expect(await example.exit).toEqual({ code: 0, signal: null })
    expect(example.stdout).toEqual([printed])
    expect(example.stderr).toEqual([])
  } finally {
    await server.stop()
  }
})
