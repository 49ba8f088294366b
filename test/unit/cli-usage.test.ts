import { describe, expect, it } from 'vitest'
import { Args } from '../../src/cli/args.ts'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { isGroup } from '../../src/cli/command.ts'
import { exitCodeOf, UsageError } from '../../src/cli/exit.ts'
import { parse } from '../../src/cli/program.ts'
import { ConfigError } from '../../src/config.ts'
import { DqError, type ErrorCode } from '../../src/core/errors.ts'

const refused = (argv: string[]): Promise<string> =>
  parse(argv, '0').then(
    () => 'accepted',
    (error: unknown) => (error instanceof UsageError ? error.message : `not a usage error: ${String(error)}`),
  )

describe('wrong use', () => {
  it.each([
    [[], 'say what to do: dq enqueue|get|'],
    [['enqeue', 'x'], "there is no command 'enqeue'; did you mean enqueue?"],
    [['dlq'], 'say what to do: dq dlq list|groups|replay|purge|undo'],
    [['dlq', 'prune'], "there is no command 'dlq prune'; did you mean dlq purge?"],
    [['get'], 'get: <id> is missing; usage: dq get <id>'],
    [['dlq', 'list', 'x'], "dlq list: 'x' is one argument too many"],
    [['enqueue', 't', '{}', 'more'], "enqueue: 'more' is one argument too many"],
    [['enqueue', 't', '--prio', 'high'], 'enqueue: there is no option --prio; did you mean --priority?'],
    [['list', '--stat', 'dead'], 'list: there is no option --stat; did you mean --state?'],
    [['stats', '-x'], 'stats: there is no option -x; see dq stats --help'],
  ])('%j is told', async (argv, message) => {
    expect(await refused(argv)).toContain(message)
  })
})

describe('arguments', () => {
  it('stay as they were written', async () => {
    const asked = await parse(['enqueue', '0123', '"quoted"', '--key', '1e3', '--id=007'], '0')
    expect(asked?.args.positional).toEqual(['0123', '"quoted"'])
    expect([asked?.args.text('key'), asked?.args.text('id')]).toEqual(['1e3', '007'])
  })

  it('may be a single dash, a negative number, or follow two dashes', async () => {
    expect((await parse(['enqueue', '-'], '0'))?.args.positional).toEqual(['-'])
    expect((await parse(['enqueue', 't', '-5'], '0'))?.args.positional).toEqual(['t', '-5'])
    expect((await parse(['enqueue', 't', '--', '--x'], '0'))?.args.positional).toEqual(['t', '--x'])
  })

  it('have a meaning by their option, or are refused by its name', () => {
    const args = new Args([], {
      limit: '20',
      delay: '1m30s',
      'run-at': '2030-01-01T00:00:00Z',
      after: '1h',
      before: '2030-01-01',
    })
    expect(args.whole('limit', 1, 100)).toBe(20)
    expect(args.duration('delay')).toBe(90_000)
    expect(args.instant('run-at')).toBe(Date.UTC(2030, 0, 1))
    expect(args.past('after', 5_000_000)).toBe(5_000_000 - 3_600_000)
    expect(args.past('before', 0)).toBe(Date.UTC(2030, 0, 1))
    const bad = new Args([], { limit: '1.5', queue: 'a b', key: '', twice: ['a', 'b'], at: 'soon', state: 'daed' })
    expect(() => bad.whole('limit', 1, 100)).toThrow("--limit '1.5' is not a whole number from 1 to 100")
    expect(() => bad.name('queue')).toThrow("--queue 'a b' is no name")
    expect(() => bad.text('key')).toThrow('--key needs a value')
    expect(() => bad.text('twice')).toThrow('--twice is given more than once')
    expect(() => bad.instant('at')).toThrow("--at 'soon' is no time")
    expect(() => bad.oneOf('state', ['dead', 'active'])).toThrow("there is no state 'daed'; did you mean dead?")
  })
})

describe('exit codes', () => {
  it.each<[ErrorCode, number]>([
    ['invalid_input', 2],
    ['not_supported', 2],
    ['payload_too_large', 2],
    ['conflict', 1],
    ['not_found', 1],
    ['unavailable', 1],
    ['out_of_memory', 1],
    ['timeout', 1],
    ['credentials', 78],
  ])('%s is %d', (code, exit) => {
    expect(exitCodeOf(new DqError(code, ''))).toBe(exit)
  })

  it('are 2 for wrong use and configuration, 1 for anything unforeseen', () => {
    expect(exitCodeOf(new UsageError(''))).toBe(2)
    expect(exitCodeOf(new ConfigError(['']))).toBe(2)
    expect(exitCodeOf(new Error('boom'))).toBe(1)
  })
})

describe('the commands', () => {
  const all = COMMANDS.flatMap((entry) => (isGroup(entry) ? entry.commands : [entry]))

  it('are all there', () => {
    expect(COMMANDS.map(({ name }) => name)).toEqual([
      'enqueue',
      'get',
      'explain',
      'cancel',
      'run',
      'list',
      'stats',
      'queues',
      'scale',
      'slo',
      'pause',
      'resume',
      'leases',
      'workers',
      'dlq',
      'operation',
      'schedule',
      'limit',
      'keys',
      'verify',
      'doctor',
      'upgrade',
      'top',
    ])
  })

  it('each say what they do, in one line', () => {
    for (const { about } of all) expect(about).toMatch(/^[A-Z][^\n]+[^.\n]$/)
  })
})
