import { readFileSync } from 'node:fs'
import { DqError } from './errors.ts'
import { FORMAT } from './format.ts'
import type { QueueKeyName, QueueKeys } from './keys.ts'
import type { RedisClient, ScriptHost } from './redis.ts'
import { isUnknownScript } from './redis-errors.ts'
import { shaOf } from './script-sha.ts'

/** One Lua file: the keys and arguments its header names, in order, and the text Redis runs. */
export interface Script<Arg extends string> {
  readonly name: string
  readonly keys: readonly QueueKeyName[]
  readonly argv: readonly Arg[]
  /** Whether the last argument takes any number of values. */
  readonly variadic: boolean
  readonly lua: string
}

const read = (file: string): string => readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), 'utf8')
const header = (lua: string, tag: string): string[] =>
  new RegExp(`^-- ${tag}: (.*)$`, 'm').exec(lua)?.[1]?.trim().split(/\s+/) ?? []

/** Libraries in the order in which they may use each other. */
const LIBRARIES = [
  'clock',
  'op',
  'tally',
  'wake',
  'limits',
  'soonest',
  'doors',
  'envelope',
  'dependants',
  'attempts',
  'unique',
  'hold',
  'audit',
  'cancelled',
  'settle',
  'groups',
  'die',
  'admit',
  'parent',
  'blocked',
  'replayed',
  'purged',
  'operation',
  'runs',
  'started',
]

function library(file: string, user: string, declared: ReadonlySet<string>, used: readonly string[]): string {
  const lua = read(`lib/${file}`)
  for (const name of header(lua, 'NEEDS'))
    if (!declared.has(name)) throw new Error(`${user}.lua uses ${file} and has to declare ${name}`)
  for (const name of header(lua, 'USES'))
    if (!used.includes(name)) throw new Error(`${user}.lua uses ${file} and has to use ${name}`)
  // Not a local: Lua allows 200 of them, and the largest script is near that.
  return lua.replace('KNOWN_FORMAT', String(FORMAT))
}

/**
 * Reads `lua/<name>.lua`, checks its header against the declaration, and builds the text to run: KEYS and ARGV become
 * locals of their declared names, so position never matters, then the libraries it uses, then its body.
 * @throws Error when the header and the declaration differ: at import, before anything runs.
 */
export function script<const Arg extends string>(name: string, argv: readonly Arg[]): Script<Arg> {
  const source = read(name)
  const [shebang, ...body] = source.split('\n')
  const keys = header(source, 'KEYS') as QueueKeyName[]
  const declared = header(source, 'ARGV')
  const last = declared.at(-1) ?? ''
  const variadic = last.endsWith('...')
  const names = variadic ? [...declared.slice(0, -1), last.slice(0, -3)] : declared
  if (names.join() !== argv.join())
    throw new Error(`${name}.lua: its ARGV are ${names.join(' ')}, declared ${argv.join(' ')}`)
  const locals = [
    'local ARGV = ARGV',
    ...keys.map((key, i) => `local ${key} = KEYS[${i + 1}]`),
    ...names.map((arg, i) => `local ${arg} = ${variadic && i === names.length - 1 ? i + 1 : `ARGV[${i + 1}]`}`),
  ]
  const used = header(source, 'USES')
  const known = new Set<string>([...keys, ...names])
  const libraries = LIBRARIES.filter((file) => used.includes(file)).map((file) => library(file, name, known, used))
  return { name, keys, argv, variadic, lua: [shebang, ...locals, ...libraries, ...body].join('\n') }
}

export type ScriptArgs<Arg extends string> = Readonly<Record<Arg, string | number | readonly (string | number)[]>>

function valuesOf<Arg extends string>(what: Script<Arg>, args: ScriptArgs<Arg>): (string | number)[] {
  const values: (string | number)[] = []
  for (const arg of what.argv) {
    const value: string | number | readonly (string | number)[] = args[arg]
    if (typeof value === 'object') for (const one of value) values.push(one)
    else values.push(value)
  }
  return values
}

const keysOf = (what: Script<string>, keys: QueueKeys): string[] => what.keys.map((key) => keys[key])

/**
 * Runs a script by the names of its arguments. Redis gets its hash, and its text when it does not know it yet.
 * @throws DqError see `redisError` in `redis.ts`.
 */
export async function run<Arg extends string>(
  redis: ScriptHost,
  what: Script<Arg>,
  keys: QueueKeys,
  args: ScriptArgs<Arg>,
): Promise<unknown> {
  return redis.runScript(what.name, what.lua, keysOf(what, keys), valuesOf(what, args))
}

/**
 * The same for a script that writes nothing, and for a user who may write nothing: of whoever runs any other script Redis
 * asks the right to write to all its keys.
 */
export async function runReadOnly<Arg extends string>(
  redis: Pick<RedisClient, 'call'>,
  what: Script<Arg>,
  keys: QueueKeys,
  args: ScriptArgs<Arg>,
): Promise<unknown> {
  const rest = [what.keys.length, ...keysOf(what, keys), ...valuesOf(what, args)]
  try {
    return await redis.call('EVALSHA_RO', shaOf(what.name, what.lua), ...rest)
  } catch (error) {
    if (!isUnknownScript(error)) throw error
  }
  return redis.call('EVAL_RO', what.lua, ...rest)
}

export const brokenReply = (name: string, reply: unknown): DqError =>
  new DqError(
    'broken_reply',
    `script ${name} answered ${JSON.stringify(reply)?.slice(0, 200)}: is another version of DistributedQ on this Redis?`,
  )
