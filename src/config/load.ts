import { dirname, resolve as resolvePath } from 'node:path'
import type { NewSchedule } from '../core/schedule-definition.ts'
import { addressText, isLoopback } from './address.ts'
import { readKeysFile } from './api-keys-file.ts'
import type { EncryptionOptions } from '../core/encryption/keyring.ts'
import { encryptionOf } from './encryption-keys-file.ts'
import { ConfigError } from './problems.ts'
import { addressOrigin, redisTarget, type RedisTarget } from './redis-target.ts'
import { refuseUnknown, resolve, type Resolved, strangeVariables } from './resolve.ts'
import {
  type Arguments,
  argumentSource,
  dotEnvSource,
  type Environment,
  environmentSource,
  type Source,
  yamlSource,
} from './sources.ts'
import { schedulesOf } from './schedules.ts'
import { OPTION_KEYS, type OptionKey, ROWS, type Values } from './rows.ts'
import { type Role } from './table.ts'

export interface Config extends Values {
  readonly redis: RedisTarget
  readonly origins: Readonly<Record<OptionKey, string>>
  /** What the configuration file declares, and the file; undefined without one. */
  readonly declared: { readonly file: string; readonly schedules: readonly NewSchedule[] } | undefined
  /** The keys of `encryptionKeysFile`; undefined without one. */
  readonly encryption: EncryptionOptions | undefined
  /** What is no reason to stop, and should be read once. */
  readonly warnings: readonly string[]
}

const LIST_FLAGS: ReadonlySet<string> = new Set(
  OPTION_KEYS.flatMap((key) => (ROWS[key].list ? (ROWS[key].flag ?? []) : [])),
)

/** The places options come from, the strongest first: arguments, environment, `.env`, the configuration file. */
export function readSources(argv: Arguments, env: Environment, cwd: string, problems: string[]): Source[] {
  const strong = [argumentSource(argv, LIST_FLAGS, problems), environmentSource(env), dotEnvSource(cwd, problems)]
  const { values, origins } = resolve(['config'], strong, problems)
  return [...strong, yamlSource(values.config, cwd, origins.config !== 'default', problems)]
}

/** Two ways to say which roles there are: the list, and the switches of single ones. */
function effectiveRoles({ values, origins }: Resolved, problems: string[]): readonly Role[] {
  let roles = values.roles
  for (const [role, key] of [
    ['reaper', 'reaperEnabled'],
    ['scheduler', 'dispatcherEnabled'],
  ] as const) {
    const wanted = values[key]
    if (wanted === undefined || wanted === roles.includes(role)) continue
    if (origins.roles === 'default') roles = roles.filter((one) => one !== role)
    else problems.push(`${origins[key]} and ${origins.roles} disagree about the role ${role}; keep one of them`)
  }
  return roles
}

function checkAddresses(values: Values, roles: readonly Role[], problems: string[]): void {
  const { apiAddr, metricsAddr, apiKey, apiKeysFile } = values
  if (roles.includes('api') && (apiKey ?? apiKeysFile) === undefined && !isLoopback(apiAddr.host))
    problems.push(
      `the API may not listen on ${addressText(apiAddr)} without a key; set API_KEY (for example to the output of: openssl rand -hex 32), or use 127.0.0.1:${apiAddr.port}`,
    )
  const bothServe = roles.includes('api') && roles.includes('metrics')
  if (bothServe && apiAddr.port !== 0 && addressText(apiAddr) === addressText(metricsAddr))
    problems.push(
      `the API and the metrics cannot both listen on ${addressText(apiAddr)}; change --api-addr or --metrics-addr`,
    )
}

function checkEmbedded(resolved: Resolved, problems: string[]): void {
  const { values, origins } = resolved
  if (values.embedded && addressOrigin(resolved) !== 'default')
    problems.push(
      `${origins.embedded} starts a Redis of its own and ${addressOrigin(resolved)} names another one; keep one of them`,
    )
}

/** Paths in the configuration file are seen from its folder, others from the working folder. */
export const baseOf = (flag: string, origin: string, { config }: Values, cwd: string): string =>
  origin.startsWith(`${flag} in `) ? dirname(resolvePath(cwd, config)) : cwd

/** The file of keys, whose problems are those of the configuration. */
function keysFile({ values, origins }: Resolved, cwd: string, problems: string[]): string | undefined {
  if (values.apiKeysFile === undefined) return undefined
  const file = resolvePath(baseOf('api-keys-file', origins.apiKeysFile, values, cwd), values.apiKeysFile)
  const found = readKeysFile(file)
  problems.push(...found.problems.map((problem) => `${origins.apiKeysFile}: ${problem}`))
  return file
}

function handlerFiles({ values, origins }: Resolved, cwd: string): readonly string[] {
  const base = baseOf('handlers', origins.handlers, values, cwd)
  return values.handlers.map((file) => resolvePath(base, file))
}

/**
 * The daemon's configuration.
 * @param argv parsed arguments by the names of their flags, as yargs gives them.
 * @throws ConfigError with every problem that was found.
 */
export function loadConfig(argv: Arguments, env: Environment, cwd: string): Config {
  const problems: string[] = []
  const sources = readSources(argv, env, cwd, problems)
  for (const source of sources) if (source.by === 'flag') refuseUnknown(source, problems)
  const resolved = resolve(OPTION_KEYS, sources, problems)
  const { values, origins, refused } = resolved
  const readable = (...keys: OptionKey[]): boolean => !keys.some((key) => refused.has(key))
  const roles = readable('roles', 'reaperEnabled', 'dispatcherEnabled') ? effectiveRoles(resolved, problems) : []
  if (readable('apiAddr', 'metricsAddr')) checkAddresses(values, roles, problems)
  if (readable('embedded')) checkEmbedded(resolved, problems)
  const apiKeysFile = keysFile(resolved, cwd, problems)
  const base = baseOf('encryption-keys-file', origins.encryptionKeysFile, values, cwd)
  const encryption = encryptionOf(resolved, base, problems)
  const schedules = schedulesOf(sources, problems)
  const redis = readable('redisUrl', 'redisCluster', 'redisSentinel', 'redisDb')
    ? redisTarget(resolved, problems)
    : { url: '' }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  const warnings = [
    ...sources.filter((source) => source.by === 'env').flatMap(strangeVariables),
    ...encryption.warnings,
  ]
  const declared = schedules && { file: resolvePath(cwd, values.config), schedules }
  const handlers = handlerFiles(resolved, cwd)
  return { ...values, roles, redis, declared, apiKeysFile, encryption: encryption.options, handlers, origins, warnings }
}
