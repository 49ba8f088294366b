import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client, openRedis, type RedisClient, type RedisOptions } from '../../src/core/index.ts'
import { anAuthority, type Authority, type Certificate } from '../helpers/certificates.ts'
import { aDaemon } from '../helpers/daemon.ts'
import { dq } from '../helpers/cli.ts'
import { freePort, type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

let authority: Authority
let own: Certificate
beforeAll(() => {
  authority = anAuthority()
  own = authority.issue('client')
})
afterAll(() => rmSync(authority.dir, { recursive: true }))

/** A server that speaks nothing but TLS on its port. */
async function aServer(name: string, ...args: readonly string[]): Promise<{ url: string; server: RedisServer }> {
  const port = await freePort()
  const { certFile, keyFile } = authority.issue(name.replace(/\W/g, '-'), name)
  const tls = ['--tls-port', String(port), '--tls-cert-file', certFile, '--tls-key-file', keyFile]
  const server = await startRedis({ args: [...tls, '--tls-ca-cert-file', authority.caFile, ...args] })
  onTestFinished(() => server.stop())
  return { url: `rediss://127.0.0.1:${port}`, server }
}

function opened(options: RedisOptions): RedisClient {
  const redis = openRedis(options)
  onTestFinished(() => redis.drop())
  return redis
}

describe('Redis over TLS', () => {
  it('serves a daemon, its threads and children, and the tools', async () => {
    const { url } = await aServer('IP:127.0.0.1', '--requirepass', 's3cret')
    const tls = { REDIS_TLS_CA: authority.caFile, REDIS_TLS_CERT: own.certFile, REDIS_TLS_KEY: own.keyFile }
    const env = { ...tls, REDIS_PASSWORD: 's3cret' }
    await aDaemon({ redisUrl: url, namespace: 'tls', args: ['--lease-ttl', '600ms'], env })
    const place = { url, namespace: 'tls' }
    // Longer than its lease, which a thread renews over a connection of its own.
    expect(await dq(place, ['enqueue', 'slow', '{"ms": 1500}', '--id', 'a'], { env })).toMatchObject({ code: 0 })
    const seen = async (): Promise<string> => (await dq(place, ['get', 'a', '--json'], { env })).out
    await until(async () => (await seen()).includes('"completed"'), { timeoutMs: 20_000 })
    expect(JSON.parse(await seen())).toMatchObject({ attempt: 1, result: 1 })
  })

  it('is refused when nobody who is trusted has signed its certificate', async () => {
    const { url } = await aServer('IP:127.0.0.1', '--tls-auth-clients', 'no')
    await expect(opened({ url }).ready()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringMatching(/certificate.*--redis-tls-ca/s) as string,
    })
    await opened({ url, tls: { caFile: authority.caFile } }).ready()
  })

  it('is refused under another name, unless that name is said', async () => {
    const { url } = await aServer('DNS:redis.internal', '--tls-auth-clients', 'no')
    const { caFile } = authority
    await expect(opened({ url, tls: { caFile } }).ready()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringMatching(/altnames.*--redis-tls-servername/s) as string,
    })
    await opened({ url, tls: { caFile, servername: 'redis.internal' } }).ready()
  })

  it('is told who asks, where it wants to know', async () => {
    const { url } = await aServer('IP:127.0.0.1', '--tls-auth-clients', 'yes')
    const { caFile } = authority
    await expect(opened({ url, tls: { caFile } }).ready()).rejects.toMatchObject({ name: 'DqError' })
    const client = new Client({ redis: opened({ url, tls: { caFile, ...own } }) })
    expect(await client.enqueue('t', 1)).toMatchObject({ outcome: 'enqueued' })
  })

  it('needs files that are there', () => {
    expect(() => openRedis({ url: 'rediss://127.0.0.1:1', tls: { caFile: '/nowhere/ca' } })).toThrow(
      'cannot read the ca of TLS, /nowhere/ca: ENOENT',
    )
  })
})
