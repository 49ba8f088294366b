import type { Dice } from './dice.ts'

/** Stands in payloads and nowhere else: no log may have it. */
export const PAYLOAD_MARK = 'payload-4b1d'

export const QUEUES = ['default', 'mails', 'aside', 'own'] as const
export const TYPES = ['echo', 'fail', 'discard', 'nobody.knows'] as const
export const SCHEDULES = ['hourly', 'nightly', 'old'] as const
export const SPECS = ['@every 1h', '@every 90s', '0 3 * * *', '*/5 * * * *', '@yearly', '15 30 4 1 1 *'] as const
const FILTERS = ['type:fail', 'err~asked age<1h', 'attempts>=1', '!type:discard', 'payload.a:1', 'worker:*', 'echo']

/** What a terminal would obey or not show. */
const CONTROLS = [
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\u0000',
  '\u007f',
  '\b\r',
  '\u0085\u2028\u2029',
  '\u202eevil\u202c',
  '\u2066a\u2069',
  '\u200b\u200d\u2060\ufeff',
  '\u{e0001}\u{e0041}',
  'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306',
  '\ud800',
  'x\udfff',
] as const

const WORDS = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '0',
  '1e999',
  '99999999999999999999',
  "' OR 1=1 --",
  '${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  '%00%n%s',
  '*',
  '{_}',
  'dq:{default}:tasks',
  '\r\nX-Injected: 1',
  '\r\n\r\nGET /livez HTTP/1.1\r\n\r\n',
  '𝕿😀é',
] as const

const CRONS = [
  '* * * * * * *',
  '99 99 99 99 99',
  '0 0 31 2 *',
  '0 0 30 2 *',
  '*/0 * * * *',
  '1-99999999 * * * *',
  '0-59/1,0-59/1,0-59/1 * * * *',
  'H H(0-99) * * *',
  '0 0 L * *',
  '0 0 * * 5#9',
  '0 0 ? * ?',
  '@every',
  '@every -1s',
  '@every 1e9h',
  '@every 999999999999999999999h',
  '@every 1s1s1s',
  '@every 0.000001s',
  '@reboot',
] as const

const BAD_FILTERS = [
  'err~',
  ':',
  '!',
  'tpye:a',
  'age<',
  'age<1y2z',
  'attempts>=x',
  '"',
  'err~"a',
  'payload.:1',
  'err~((((a+)+)+)+$',
] as const

const CURSORS = [
  '0:0',
  '2:999999999999999',
  '3:0',
  '1|x',
  '1e308|x',
  '9'.repeat(290),
  `${'9'.repeat(250)}|x|1`,
  '1.5e+5|mail-1',
  '...|x',
  'w0:0',
  'w18446744073709551615:1',
  'w99999999999999999999:0',
  'w7:999999',
  '+inf|a',
  '-1|a',
  '|',
  '1|nonce|1',
] as const

const TIMES = [
  '2030-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  '0000-00-00',
  '+275760-09-13T00:00:00Z',
  'now',
] as const
const ZONES = ['UTC', 'Europe/Berlin', 'Mars/Base', '../../etc/localtime', 'Etc/GMT+99'] as const
const NUMBERS = [0, -1, 1, 1.5, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 53 + 2, 2 ** 31, 2 ** 63, 1_001, 0.001] as const

export const hostileText = (dice: Dice): string => {
  switch (dice.below(10)) {
    case 0:
    case 1:
    case 2:
      return `a${dice.pick(CONTROLS)}b`
    case 3:
      return dice.pick(CRONS)
    case 4:
      return dice.pick(BAD_FILTERS)
    case 5:
      return dice.pick(CURSORS)
    case 6:
      return dice.pick([...TIMES, ...ZONES])
    case 7:
      return 'x'.repeat(dice.pick([65, 129, 257, 513, 2_001, 20_000]))
    default:
      return dice.pick(WORDS)
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

/** Anything JSON can say, rather what nobody would say. */
export function hostileValue(dice: Dice): unknown {
  switch (dice.below(8)) {
    case 0:
      return dice.pick(NUMBERS)
    case 1:
      return dice.pick([null, true, false, [], {}, [[]], [null], { '': 0 }])
    case 2:
      return nested(dice.pick([2, 30, 31, 33, 100]))
    case 3:
      return Array.from({ length: dice.pick([1, 2, 50, 1_001]) }, () => hostileText(dice))
    case 4:
      return { [hostileText(dice)]: hostileText(dice), queue: hostileText(dice) }
    default:
      return hostileText(dice)
  }
}

const OF_FIELD = new Map<string, readonly string[]>([
  ['spec', CRONS],
  ['filter', BAD_FILTERS],
  ['cursor', CURSORS],
  ['execute_at', TIMES],
  ['before', TIMES],
  ['start', TIMES],
  ['time_zone', ZONES],
])

/** What nobody should send in this field. */
export function hostileFor(dice: Dice, field: string): unknown {
  const own = OF_FIELD.get(field)
  return own !== undefined && dice.oneIn(2) ? dice.pick(own) : hostileValue(dice)
}

export const anId = (dice: Dice): string => `t-${dice.below(300)}`
const payload = (dice: Dice): unknown =>
  dice.pick([1, null, { a: 1, mark: PAYLOAD_MARK }, [PAYLOAD_MARK], PAYLOAD_MARK])

type Fields = Readonly<Record<string, (dice: Dice) => unknown>>

/** By the name of a field or parameter, something that is allowed there. */
export const ALLOWED: Fields = {
  type: (dice) => dice.pick(TYPES),
  payload,
  queue: (dice) => dice.pick(QUEUES),
  priority: (dice) => dice.pick(['high', 'default', 'low']),
  delay_ms: (dice) => dice.pick([0, 50, 3_600_000]),
  max_retries: (dice) => dice.below(3),
  timeout_ms: () => 60_000,
  id: anId,
  idempotency_key: (dice) => `k-${dice.below(300)}`,
  limit_key: (dice) => `l-${dice.below(10)}`,
  result_ttl_ms: () => 60_000,
  depends_on: (dice) => [anId(dice)],
  on_parent_failure: (dice) => dice.pick(['fail', 'ignore', 'wait']),
  unique: (dice) => ({ for_ms: 60_000, key: `u-${dice.below(50)}` }),
  ids: (dice) => [anId(dice), anId(dice)],
  filter: (dice) => dice.pick(FILTERS),
  dry_run: (dice) => dice.oneIn(2),
  now: (dice) => dice.oneIn(2),
  kind: (dice) => dice.pick(['replay', 'purge']),
  rate: () => 1_000,
  spec: (dice) => dice.pick(SPECS),
  name: (dice) => dice.pick(SCHEDULES),
  time_zone: (dice) => dice.pick(['UTC', 'Europe/Berlin']),
  overlap: (dice) => dice.pick(['allow', 'skip']),
  missed: (dice) => dice.pick(['once', 'skip']),
  state: (dice) =>
    dice.pick(['pending', 'scheduled', 'blocked', 'limited', 'active', 'retrying', 'completed', 'dead', 'cancelled']),
  limit: (dice) => dice.between(1, 20),
  cursor: (dice) => dice.pick(CURSORS),
  error: () => 'asked',
  before: (dice) => dice.pick(TIMES),
  after: (dice) => dice.pick(TIMES),
}
