import { asUrl } from './alias-readers.ts'
import { option } from './option.ts'
import { redisUrl, text, whole } from './parsers.ts'

/** Where Redis is and what opens its content: `connection` marks what `dq` and `dq-top` share with the daemon. */
export const CONNECTION_OPTIONS = {
  config: option({
    flag: 'config',
    env: 'DQ_CONFIG',
    fallback: 'dq.yaml',
    fallbackText: '`dq.yaml`, if it is there',
    parse: text,
    about: 'file with the same options, by the names of their flags',
    connection: true,
  }),
  redisUrl: option({
    flag: 'redis-url',
    env: 'REDIS_URL',
    aliases: [{ env: 'REDIS_ADDR', read: asUrl }],
    fallback: 'redis://127.0.0.1:6379/0',
    parse: redisUrl,
    about: 'Redis to connect to: `redis://`, `rediss://` or `unix:///path/to/socket`',
    secret: true,
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
