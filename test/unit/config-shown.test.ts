import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closest, flagDeclarations, loadConfig, maskUrl, optionTable, showConfig } from '../../src/config.ts'
import { ROOT } from '../helpers/process.ts'

const load = (argv: Record<string, unknown>, env: Record<string, string>) => loadConfig(argv, env, '/nowhere')

describe('what is shown of a configuration', () => {
  it('has every option, its origin, and no secret', () => {
    const shown = showConfig(load({ 'redis-url': 'rediss://u:hunter2@h:1/2' }, { API_KEY: 'k3y', DQ_QUEUES: 'a:2,b' }))
    expect(shown).toContainEqual({ option: 'redis-url', value: 'rediss://u:***@h:1/2', origin: '--redis-url' })
    expect(shown).toContainEqual({ option: 'API_KEY', value: '********', origin: 'API_KEY' })
    expect(shown).toContainEqual({ option: 'queues', value: 'a:2,b', origin: 'DQ_QUEUES' })
    expect(shown).toContainEqual({ option: 'lease-ttl', value: '30 s', origin: 'default' })
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|k3y/)
  })

  it('masks passwords in addresses', () => {
    expect(maskUrl('redis://:pw@h:1')).toBe('redis://:***@h:1')
    expect(maskUrl('unix:///a/b')).toBe('unix:///a/b')
  })

  it('masks passwords in lists of hosts, also in those that are refused', () => {
    const config = load({ 'redis-cluster': 'u:hunter2@localhost:1' }, {})
    expect(showConfig(config)).toContainEqual({
      option: 'redis-cluster',
      value: 'redis-cluster://u:***@localhost:1',
      origin: '--redis-cluster',
    })
    for (const flag of ['redis-cluster', 'redis-sentinel'])
      expect(() => load({ [flag]: ':hunter2@h:nonsense' }, {})).toThrow(/^(?!.*hunter2).*:\*\*\*@h:nonsense/s)
  })

  it('stands in docs/CONFIG.md as it is: run `node scripts/docs.mjs` after a change', () => {
    const page = readFileSync(join(ROOT, 'docs', 'CONFIG.md'), 'utf8')
    expect(page).toContain(`\n\n${optionTable()}\n\n`)
  })

  it('has a flag declaration for each flag, all read as text', () => {
    const flags = flagDeclarations()
    expect(flags['lease-ttl']).toMatchObject({ type: 'string', defaultDescription: '30s' })
    expect(flags['embedded']).toMatchObject({ type: 'boolean' })
    expect(Object.keys(flags)).not.toContain('api-key')
  })

  it('suggests the nearest name, or none', () => {
    expect(closest('lease-tll', ['lease-ttl', 'queues'])).toBe('lease-ttl')
    expect(closest('zzzzzzzz', ['lease-ttl', 'queues'])).toBeUndefined()
  })
})
