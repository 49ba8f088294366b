import type { Dice } from './dice.ts'
import type { Keys } from './requests.ts'
import { bytesOf, type Shot } from './shot.ts'
import { hostileText, PAYLOAD_MARK, QUEUES } from './values.ts'

type Maker = (dice: Dice, key: string) => Shot

const own = (bytes: Buffer | string): Shot => ({
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  asked: undefined,
  isRefused: false,
  connection: 'own',
})

const PATHS = [
  '/v1/tasks/%zz',
  '/v1/tasks/%',
  '/v1/tasks/%c0%ae%c0%ae',
  '/v1/tasks/%00',
  '/v1/tasks/%ff%fe',
  '/v1/tasks/%E2%80%AEabc',
  '//v1//tasks',
  '/v1/tasks/../queues',
  '/v1/tasks/..%2f..%2fopenapi.json',
  '/V1/TASKS',
  '/v1/tasks;a=b',
  '/v1/tasks?',
  '/v1/tasks?&&&===',
  '/v1/tasks?queue=%',
  '/v1/tasks?queue[]=a&queue[b]=c',
  '/v1/tasks?queue=a&queue=b',
  '/v1/tasks#fragment',
  '/v1/tasks/\u009b31m',
  '/\u0085\u00ad',
  '*',
  'http://evil.example/v1/tasks',
  '/livez/../v1/tasks',
  '/constructor',
  '/__proto__',
] as const

const paths: Maker = (dice, key) => {
  const long = dice.pick([300, 3_000, 12_000])
  const path = dice.oneIn(4)
    ? `/${dice.pick(['v1/tasks/', 'v1/queues/', '', 'v1/tasks?queue='])}${dice.pick(['a', '%41', '/'])}`.padEnd(
        long,
        'a',
      )
    : dice.pick(PATHS)
  const method = dice.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
  const headers = [
    ['Host', 'localhost'],
    ['X-API-Key', key],
  ] as const
  const bytes = bytesOf({ method, path, headers, body: method === 'POST' ? Buffer.from('{}') : undefined })
  return { bytes, asked: { method, path }, isRefused: false, connection: 'kept' }
}

const BODIES: readonly ((dice: Dice) => string | Buffer)[] = [
  () => '',
  () => '\ufeff{"type":"echo"}',
  () => '{"type":"echo","payload":NaN}',
  () => '{"type":"echo","payload":Infinity}',
  () => '{"type":"echo","payload":1e999}',
  () => '{"type":"echo","payload":12345678901234567890123456789}',
  () => '{"type":"echo","type":"fail","queue":"aside","queue":"default"}',
  () => '{"type":"echo","payload":{"__proto__":{"admin":true}}}',
  () => '{"__proto__":{"type":"echo"}}',
  () => '{"type":"echo","payload":{"constructor":{"prototype":{}}}}',
  () => '{"type":"echo","payload":"\\ud800"}',
  () => '{"type":"echo","payload":"\\u0000\\u001b[31m\\u202e"}',
  () => '{"type":"echo","idempotency_key":"\\ud800\\u0000"}',
  () => "{'type':'echo'}",
  () => '{"type":"echo"}{"type":"echo"}',
  () => '{"type":"echo",}',
  () => 'type=echo',
  () => '"',
  () => 'null',
  () => '[]',
  () => '\0'.repeat(100),
  () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  () =>
    Buffer.concat([
      Buffer.from('{"type":"echo","payload":"'),
      Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]),
  (dice) => `{"type":"echo","payload":${'['.repeat(dice.pick([31, 32, 33, 5_000, 100_000]))}`,
  (dice) => {
    const depth = dice.pick([30, 33, 1_000, 60_000])
    return `{"type":"echo","payload":${'['.repeat(depth)}${']'.repeat(depth)}}`
  },
  (dice) => `{"type":"${hostileText(dice).replaceAll('"', '')}"}`,
]

/** From 60 kB to half a MB. */
const LARGE: readonly (() => string)[] = [
  () => `{"type":"echo","payload":"${'x'.repeat(262_200)}"}`,
  () => `{"type":"echo","queue":"mails","payload":"${PAYLOAD_MARK.repeat(20_000)}"}`,
  () => `[${'0,'.repeat(20_000)}0]`,
  () => `{${Array.from({ length: 5_000 }, (_, i) => `"f${i}":1`).join(',')}}`,
  () => `{"nodes":[${'{},'.repeat(3_000)}{}]}`,
  () => `{"type":"echo","depends_on":[${'{},'.repeat(80_000)}{}]}`,
  () => `{"queue":"mails","ids":[${'0,'.repeat(100_000)}0]}`,
]

const BODY_PATHS = [
  '/v1/tasks',
  '/v1/tasks/batch',
  '/v1/flows',
  '/enqueue',
  '/task',
  '/tasks',
  '/v1/dlq/replay',
  '/v1/schedules',
]
const BODY_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json;;;;',
  'application/jsonp',
  '*/*',
  'json',
  '\u00ff',
]

const bodies: Maker = (dice, key) => {
  const make = dice.oneIn(16) ? dice.pick(LARGE) : dice.pick(BODIES)
  const body = Buffer.from(make(dice) as string)
  const type = dice.oneIn(5) ? dice.pick(BODY_TYPES) : 'application/json'
  const path = dice.pick(BODY_PATHS)
  const encoding = dice.oneIn(20) ? ([['Content-Encoding', 'gzip']] as const) : []
  const headers = [['Host', 'localhost'], ['X-API-Key', key], ['Content-Type', type], ...encoding] as const
  const bytes = bytesOf({ method: 'POST', path, headers, body })
  // The server hangs up on a body that is too large, whatever else was to be sent.
  return { bytes, asked: { method: 'POST', path }, isRefused: false, connection: body.length > 60_000 ? 'own' : 'kept' }
}

const filled = (bytes: number, part: string): string => part.repeat(Math.floor(bytes / part.length)).slice(0, -1)
const HUGE: readonly (readonly [string, () => string])[] = [
  ['/v1/tasks/batch', () => filled(4_300_000, '[1,')],
  ['/v1/tasks/batch', () => `[${filled(4_100_000, '0,')}]`],
  ['/v1/tasks/batch', () => `[{"type":"echo","depends_on":[${filled(4_100_000, '{},')}]}]`],
  ['/v1/flows', () => `{"nodes":[${filled(4_100_000, '{},')}]}`],
  ['/v1/flows', () => `{"nodes":[{"key":"a","task":{"type":"echo"},"depends_on":[${filled(4_100_000, '"",')}]}]}`],
]

/** About 4 MiB, which takes its time. */
const hugeBody: Maker = (dice, key) => {
  const [path, textOf] = dice.pick(HUGE)
  const headers = [
    ['Host', 'localhost'],
    ['X-API-Key', key],
    ['Content-Type', 'application/json'],
  ] as const
  return own(bytesOf({ method: 'POST', path, headers, body: Buffer.from(textOf()) }))
}

const head = (key: string): string => `Host: localhost\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\n`
const TASK = '{"type":"echo","queue":"mails"}'

const RAW: readonly ((dice: Dice, key: string) => string | Buffer)[] = [
  (dice) => Buffer.from(Array.from({ length: dice.between(1, 400) }, () => dice.below(256))),
  () => 'GET\r\n\r\n',
  () => 'GET / HTTP/1.1\r\n\r\n',
  () => 'GET /livez HTTP/1.0\r\n\r\n',
  () => 'GET /livez\r\n',
  () => 'GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n',
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
  () => Buffer.from('16030100c8010000c40303', 'hex'),
  (_, key) =>
    `GET /v1/queues HTTP/1.1\r\n${head(key)}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Expect: 200-maybe\r\nContent-Length: ${TASK.length}\r\n\r\n${TASK}`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Expect: 100-continue\r\nContent-Length: ${TASK.length}\r\n\r\n${TASK}`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Content-Length: 5\r\nContent-Length: ${TASK.length}\r\n\r\n${TASK}`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Content-Length: -1\r\n\r\n${TASK}`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Content-Length: 99999999999999999999\r\n\r\n${TASK}`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Content-Length: 1000\r\n\r\n${TASK}`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked\r\n\r\n${TASK.length.toString(16)}\r\n${TASK}\r\n0\r\n\r\n`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked\r\n\r\nzz\r\n${TASK}\r\n0\r\n\r\n`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n${TASK}`,
  (_, key) => `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked\r\n\r\n5\r\n${TASK.slice(0, 5)}\r\n`,
  (_, key) =>
    `POST /v1/tasks HTTP/1.1\r\n${head(key)}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`,
  (dice) => `GET /livez HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(dice.pick([100, 2_000, 5_000]))}\r\n`,
  (dice) =>
    `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'y'.repeat(dice.pick([8_000, 20_000, 200_000]))}\r\n\r\n`,
  () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
  () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Null: a\0b\r\n\r\n',
  () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Fold: a\r\n b\r\n\r\n',
  () => 'GET /livez HTTP/1.1\nHost: localhost\n\n',
  () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\n: no name\r\n\r\n',
  () => 'GET /livez HTTP/1.1\r\nHost localhost\r\n\r\n',
  () => ' GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
  () => 'G\u00cbT /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
  (_, key) => `GET /v1/queues HTTP/1.1\r\nX-API-Key: ${key}\r\n\r\n`,
  (_, key) => `GET /v1/queues HTTP/1.1\r\n${head(key)}X-API-Key: two\r\n\r\n`,
  (dice, key) =>
    Array.from({ length: dice.between(2, 20) }, () => {
      const path = dice.pick(['/livez', '/nowhere', `/v1/queues/${dice.pick(QUEUES)}`, '/v1/tasks/%zz'])
      return `GET ${path} HTTP/1.1\r\n${head(key)}\r\n`
    }).join(''),
  (_, key) => `GET /livez HTTP/1.1\r\n${head(key)}\r\nrubbish follows`,
]

const raw: Maker = (dice, key) => {
  const shot = own(dice.pick(RAW)(dice, key))
  return dice.oneIn(8) ? { ...shot, connection: 'cut' } : shot
}

/**
 * What is no request that a client of good will could send.
 * @param isHuge as large as can be.
 */
export function hostileShot(dice: Dice, keys: Keys, isHuge: boolean): Shot {
  const key = dice.pick(Object.values(keys) as string[])
  if (isHuge) return hugeBody(dice, key)
  return dice.pick([paths, bodies, bodies, raw, raw])(dice, key)
}
