import { createHash } from 'node:crypto'
import type { RedisClient } from '../../src/core/redis.ts'
import { type ScriptName, SCRIPTS } from '../../src/core/scripts.ts'
import { type CommandMatch, type FaultProxy, startProxy } from './proxy.ts'
import type { RedisServer } from './redis.ts'

const SHAS = new Map(Object.values(SCRIPTS).map(({ name, lua }) => [sha(lua), name as ScriptName]))

function sha(lua: string): string {
  return createHash('sha1').update(lua).digest('hex')
}

/** One call of a script, as the proxy sees it. */
export interface ScriptCall {
  readonly name: ScriptName
  /** The number of the call; undefined for scripts that keep no answers. */
  readonly call: string | undefined
}

/** @returns undefined for what is no script of the project, or was sent as a text: see `loadScripts`. */
export function scriptCall(
  command: string,
  [hash = '', keys = '', ...rest]: readonly string[],
): ScriptCall | undefined {
  const name = command === 'EVALSHA' ? SHAS.get(hash) : undefined
  if (name === undefined) return undefined
  const at = (SCRIPTS[name].argv as readonly string[]).indexOf('call')
  return { name, call: at < 0 ? undefined : rest[Number(keys) + at] }
}

export const isScript =
  (...names: readonly ScriptName[]): CommandMatch =>
  (command, args) => {
    const call = scriptCall(command, args)
    return call !== undefined && names.includes(call.name)
  }

/** From now on every script is called by its hash, which `isScript` knows. */
export async function loadScripts(redis: RedisClient): Promise<void> {
  await redis.batch(Object.values(SCRIPTS).map(({ lua }) => ['SCRIPT', 'LOAD', lua]))
}

export const proxyOf = ({ port, socketPath }: RedisServer, options?: { random?: () => number }): Promise<FaultProxy> =>
  startProxy({ port, path: socketPath }, options)
