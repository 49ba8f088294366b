import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { embeddedPlaces, findEmbedded, loadConnection, socketUrl } from '../../src/config.ts'

let cwd: string
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'dq-config-'))))
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const write = (name: string, content: string): string => {
  writeFileSync(join(cwd, name), content)
  return join(cwd, name)
}

describe('the connection of the tools', () => {
  it('comes from the options they share with the daemon, and ignores the others', async () => {
    write('.env', 'REDIS_ADDR=r:7\nDQ_NAMESPACE=ns\nWORKER_CONCURRENCY=none\nDQ_API_KEYS_FILE=/keys\n')
    write('dq.yaml', 'roles: cook\n')
    expect(await loadConnection({ limit: '5' }, { HOME: cwd }, cwd)).toEqual({
      redis: { url: 'redis://r:7' },
      namespace: 'ns',
      origin: 'REDIS_ADDR in .env',
    })
  })

  it('refuses what it cannot use', async () => {
    const attempt = loadConnection({ 'redis-url': 'x', 'redis-sentinel': 'y:z' }, { HOME: cwd }, cwd)
    await expect(attempt).rejects.toMatchObject({
      problems: [expect.stringContaining('--redis-url'), expect.stringContaining('--redis-sentinel')],
    })
  })

  it('finds an embedded Redis that answers, and only when nobody named another', async () => {
    const env = { XDG_STATE_HOME: cwd, XDG_RUNTIME_DIR: cwd }
    const places = embeddedPlaces(env, 'ns')
    mkdirSync(places.folder, { recursive: true })
    mkdirSync(places.socketFolder, { recursive: true })
    writeFileSync(places.addressFile, socketUrl(places.socket) + '\n')
    expect(await findEmbedded(env, 'ns')).toBeUndefined()
    const server = createServer((socket) => socket.on('data', () => socket.end('+PONG\r\n'))).listen(places.socket)
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      expect(await loadConnection({ namespace: 'ns' }, env, cwd)).toEqual({
        redis: { url: `unix://${places.socket}` },
        namespace: 'ns',
        origin: 'embedded',
      })
      expect((await loadConnection({ namespace: 'ns' }, { ...env, REDIS_ADDR: 'r:1' }, cwd)).redis.url).toBe(
        'redis://r:1',
      )
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('keeps the socket of an embedded Redis short enough for every system', () => {
    const deep = embeddedPlaces({ XDG_STATE_HOME: `/${'deep/'.repeat(30)}`, XDG_RUNTIME_DIR: '/run/user/1' }, 'ns')
    expect(deep.socket).toMatch(/^\/run\/user\/1\/dq-[0-9a-f]{16}\/redis\.sock$/)
    expect(embeddedPlaces({ HOME: '/home/u' }, 'ns').socket).toBe('/home/u/.local/state/distributedq/ns/redis.sock')
  })
})
