import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { queueKeys } from '../../src/core/keys.ts'
import type { RedisClient } from '../../src/core/redis.ts'
import { brokenReply, run, script } from '../../src/core/script.ts'
import { SCRIPTS } from '../../src/core/scripts.ts'

const folder = new URL('../../src/core/lua/', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8')
const files = readdirSync(folder).filter((file) => file.endsWith('.lua'))

const libraries = readdirSync(new URL('lib/', folder)).map((file) => `lib/${file}`)
const header = (lua: string, tag: string): string[] =>
  new RegExp(`^-- ${tag}: (.*)$`, 'm').exec(lua)?.[1]?.split(' ') ?? []
const bodyOf = (file: string): string => read(file).replaceAll(/^--.*$/gm, '')

describe.each(files)('%s', (file) => {
  const lua = read(file)
  const used = header(lua, 'USES').map((name) => `lib/${name}.lua`)
  const text = [file, ...used].map(bodyOf).join('\n')

  test('has a name, a contract and a word on every guard', () => {
    expect(lua).toMatch(/^#!lua( flags=(allow-oom|no-writes))?\n-- /)
    expect(lua).toMatch(/^-- KEYS: [a-z_ ]+$/m)
    expect(lua).toMatch(/^-- ARGV: /m)
    expect(lua).toMatch(/^-- Reply: /m)
    for (const guard of lua.match(/-- guard.*/g) ?? []) expect(guard).toMatch(/^-- guard: \w.+/)
  })

  test('uses libraries that exist, and every key it declares', () => {
    for (const library of used) expect(libraries).toContain(library)
    const unused = header(lua, 'KEYS').filter((key) => !new RegExp(`\\b${key}\\b`).test(text))
    expect(unused).toEqual([])
  })

  test('under memory pressure only what makes new tasks is refused', () => {
    const isRefused = lua.startsWith('#!lua\n')
    expect(isRefused).toBe(['enqueue.lua', 'fire.lua', 'flow.lua', 'trigger.lua'].includes(file))
  })

  test('has no key that its declaration does not know', () => {
    const keys = Object.keys(queueKeys('n', 'q', 'c'))
    for (const key of header(lua, 'KEYS')) expect(keys).toContain(key)
  })
})

test('a declaration that differs from the file is refused at once', () => {
  expect(() => script('pause', ['now', 'by'])).toThrow(/pause\.lua: its ARGV are now call by paused, declared now by/)
  expect(() => script('no-such-file', [])).toThrow(/ENOENT/)
})

test('keys and arguments become locals of their names, whatever their place', () => {
  const { lua, keys, variadic } = SCRIPTS.cancel
  expect(variadic).toBe(true)
  for (const [i, key] of keys.entries()) expect(lua).toContain(`local ${key} = KEYS[${i + 1}]`)
  expect(lua).toContain('local by = ARGV[4]\nlocal ids = 5\n')
  expect(lua.startsWith('#!lua flags=allow-oom\n')).toBe(true)
})

test('arguments are sent in the order of the file, the last one with all its values', async () => {
  const sent: unknown[] = []
  const redis = {
    runScript: async (...call: unknown[]) => sent.push(...call.flat()),
  } as unknown as RedisClient
  const keys = queueKeys('n', 'q', 'c')
  await run(redis, SCRIPTS.renew, keys, { nonces: ['a', 'b'], graceMs: 2, now: '', leaseMs: 1 })
  expect(sent).toEqual(['renew', SCRIPTS.renew.lua, ...SCRIPTS.renew.keys.map((key) => keys[key]), '', 1, 2, 'a', 'b'])
})

test('a reply against the contract names the script, and not all of a long reply', () => {
  const error = brokenReply('claim', ['x'.repeat(1_000)])
  expect(error.code).toBe('broken_reply')
  expect(error.message).toContain('script claim answered ["xxx')
  expect(error.message.length).toBeLessThan(400)
  expect(brokenReply('claim', undefined).message).toContain('undefined')
})
