import { asUrl } from './alias-readers.ts'
import { OFF, option } from './option.ts'
import { clusterHosts, name, redisUrl, sentinelHosts, text, whole } from './parsers.ts'

/** Where Redis is, how it is reached and what opens its content: what the daemon, `dq` and `dq-top` share. */
export const SHARED_OPTIONS = {
  redisUrl: option({
    flag: 'redis-url',
    env: 'REDIS_URL',
    aliases: [{ env: 'REDIS_ADDR', read: asUrl }],
    fallback: 'redis://127.0.0.1:6379/0',
    parse: redisUrl,
    about:
      'Redis to connect to: `redis://`, `rediss://` for TLS, `unix:///path/to/socket`, `redis-cluster://` or `redis-sentinel://`',
    secret: true,
    connection: true,
  }),
  redisCluster: option({
    flag: 'redis-cluster',
    env: 'REDIS_CLUSTER',
    parse: clusterHosts,
    about: 'nodes of a Redis Cluster, `host:port,host:port`, instead of an address; they know the others',
    connection: true,
  }),
  redisSentinel: option({
    flag: 'redis-sentinel',
    env: 'REDIS_SENTINEL',
    parse: sentinelHosts,
    about:
      'Sentinels, `host:port,host:port/primary`, instead of an address; the primary is `mymaster` unless it is said',
    connection: true,
  }),
  redisSentinelPassword: option({
    env: 'REDIS_SENTINEL_PASSWORD',
    parse: text,
    about: 'password of the Sentinels themselves',
    secret: true,
    connection: true,
  }),
  redisTlsCa: option({
    flag: 'redis-tls-ca',
    env: 'REDIS_TLS_CA',
    parse: text,
    about: 'file with the certificate that the server of Redis has to be signed by; like the next three it means TLS',
    connection: true,
  }),
  redisTlsCert: option({
    flag: 'redis-tls-cert',
    env: 'REDIS_TLS_CERT',
    parse: text,
    about: 'file with the certificate of this program, where Redis asks for one',
    connection: true,
  }),
  redisTlsKey: option({
    flag: 'redis-tls-key',
    env: 'REDIS_TLS_KEY',
    parse: text,
    about: 'file with the key of that certificate',
    connection: true,
  }),
  redisTlsServername: option({
    flag: 'redis-tls-servername',
    env: 'REDIS_TLS_SERVERNAME',
    parse: name,
    about: 'name in the certificate of Redis, when it is not the one that is connected to',
    connection: true,
  }),
  allowPlaintext: option({
    flag: 'allow-plaintext',
    env: 'DQ_ALLOW_PLAINTEXT',
    ...OFF,
    about: 'send the password of Redis to another machine without TLS: nobody can listen there',
    connection: true,
  }),
  redisUsername: option({
    env: 'REDIS_USERNAME',
    parse: text,
    about: 'Redis user, when the URL has none',
    connection: true,
  }),
  redisPassword: option({
    env: 'REDIS_PASSWORD',
    parse: text,
    about: 'Redis password, when the URL has none',
    secret: true,
    connection: true,
  }),
  redisDb: option({
    env: 'REDIS_DB',
    parse: whole(0, 65_535),
    about: 'Redis database, when the URL has none',
    connection: true,
  }),
  encryptionKeysFile: option({
    flag: 'encryption-keys-file',
    env: 'DQ_ENCRYPTION_KEYS_FILE',
    parse: text,
    about: 'file of keys for payloads, `id base64` a line: the first encrypts, all open; SIGHUP reads it again',
    connection: true,
  }),
}
