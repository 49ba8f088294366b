import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fuzzApi } from '../api-fuzz/run.ts'
import { hidesSomething } from '../api-fuzz/verdict.ts'
import { ROOT, spawnNode } from '../helpers/process.ts'

const MAIN = join(ROOT, 'test', 'api-fuzz', 'main.ts')

it('whatever is sent, the API answers in its own words, keeps its books and its secrets, and works on', async () => {
  const seed = Number(process.env['DQ_SEED'] ?? Date.now() % 1_000_000)
  const line = await fuzzApi({ seed, requests: 3_000, isBuilt: false, say: () => {} })
  expect(line).toMatchObject({ seed, requests: 3_000, violations: [] })
  // It says yes and no to a good many, so that neither is all it can say.
  for (const status of [200, 201, 400, 401, 403, 404, 405, 413, 422])
    expect([status, line.answers[status]]).toEqual([status, expect.any(Number)])
}, 300_000)

it('what a terminal would not show is seen as such', () => {
  for (const text of ['\u001b[31m', '\u009b', '\u007f', '\u202e', '\u200b', '\ufeff', 'a\tb'])
    expect([text, hidesSomething(text)]).toEqual([text, true])
  expect(hidesSomething('Ünïcode is shown; so are lines\nof text')).toBe(false)
})

it.each([
  [['--requests', 'many'], '--requests many is no whole number of at least 30'],
  [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
  [['--what'], "Unknown option '--what'"],
])('the command refuses %j', async (args, message) => {
  const child = spawnNode(MAIN, { args })
  expect(await child.exit).toEqual({ code: 2, signal: null })
  expect(child.stdout).toEqual([])
  expect(child.stderr.join('\n')).toContain(message)
})
