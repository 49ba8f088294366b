import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findGuards, withoutGuard } from '../../scripts/lib/guards.mjs'
import { ROOT } from '../helpers/process.ts'

describe('a line without its guard', () => {
  it.each([
    ["if x == 1 then return 'n' end", 'dead', "if (x == 1) and false then return 'n' end"],
    ["  elseif take('HDEL') == 0 then", 'it is there', "  elseif (take('HDEL') == 0) and false then"],
    ['if held then keep() end', 'only its holder', 'if ((held) or true) then keep() end'],
    ['if sha and get(sha) == id then', 'only its owner', 'if sha and ((get(sha) == id) or true) then'],
    ["local due = call(key, '-inf', at, 'LIMIT', 0, 5)", 'due', "local due = call(key, '-inf', '+inf', 'LIMIT', 0, 5)"],
    ['have = have or seen[id]', 'twice', ''],
  ])('%s', (code, words, without) => {
    expect(withoutGuard(code, words)).toBe(without)
  })
})

it('every guard of a script differs from the script without it in one line, and has tests that are there', () => {
  const guards = findGuards()
  expect(guards.length).toBeGreaterThan(40)
  for (const { file, line, mutant, tests } of guards) {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n')
    const changed = mutant.split('\n').flatMap((text, i) => (text === lines[i] ? [] : [i + 1]))
    expect([file, ...changed]).toEqual([file, line])
    expect(tests).not.toEqual([])
    expect(tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([])
  }
})
