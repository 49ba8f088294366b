import type { Argument } from './redis-client.ts'
import { hostText } from './redis-url.ts'

/** Commands that name no key: any node can answer them. */
const KEYLESS = new Set('ACL CLIENT CLUSTER CONFIG INFO PING PUBLISH PUBSUB TIME WAIT WAITAOF'.split(' '))
const SCRIPTED = /^EVAL(SHA)?(_RO)?$/

/** The key that says which node a command is for; undefined when any will do. */
function keyOf(command: string, args: readonly Argument[]): string | undefined {
  const name = command.toUpperCase()
  if (KEYLESS.has(name)) return undefined
  if (SCRIPTED.test(name)) return Number(args[1]) > 0 ? String(args[2]) : undefined
  // What is looked for has the tag of one queue.
  if (name === 'SCAN') return String(args[args.indexOf('MATCH') + 1])
  if (name === 'MEMORY') return String(args[1])
  return args[0] === undefined ? undefined : String(args[0])
}

const SLOTS = 16_384

/** CRC16 (XMODEM) of the key, or of what stands in its first braces. Source: Redis Cluster specification. */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open)
  let crc = 0
  for (const byte of Buffer.from(close > open + 1 ? key.slice(open + 1, close) : key)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    crc &= 0xffff
  }
  return crc % SLOTS
}

/** Undefined: any node will do. */
export function slotOfCommand(command: string, args: readonly Argument[]): number | undefined {
  const key = keyOf(command, args)
  return key === undefined ? undefined : slotOf(key)
}

/** Items by slot; those of none go with the others. */
export function bySlot<T>(items: readonly T[], slot: (item: T) => number | undefined): T[][] {
  const groups = new Map<number, T[]>()
  const free: T[] = []
  for (const item of items) {
    const at = slot(item)
    const group = at === undefined ? free : groups.get(at)
    if (group === undefined) groups.set(at!, [item])
    else group.push(item)
  }
  const all = [...groups.values()]
  if (all.length === 0) return free.length === 0 ? [] : [free]
  all[0]!.push(...free)
  return all
}

/** Which primary has which slot, as one node saw it. */
export class SlotMap {
  readonly #owners: (string | undefined)[] = Array.from({ length: SLOTS })
  /** The addresses of all primaries that have slots. */
  readonly primaries = new Set<string>()

  /** @param reply of CLUSTER SLOTS. @param askedHost stands for the host that a node does not know of itself. */
  static of(reply: unknown, askedHost: string): SlotMap {
    const map = new SlotMap()
    for (const [first, last, [host, port]] of reply as [number, number, [string | null, number]][]) {
      const address = hostText({ host: host || askedHost, port })
      for (let slot = first; slot <= last; slot++) map.move(slot, address)
    }
    return map
  }

  ownerOf(slot: number): string | undefined {
    return this.#owners[slot]
  }

  move(slot: number, address: string): void {
    this.#owners[slot] = address
    this.primaries.add(address)
  }
}

export interface Redirect {
  readonly kind: 'moved' | 'ask'
  readonly slot: number
  readonly address: string
}

/** What a node says that does not have a slot, or no longer. */
export function redirectOf(text: string, askedHost: string): Redirect | undefined {
  const [, kind, slot, where] = /^(MOVED|ASK) (\d{1,5}) (\S+)$/.exec(text) ?? []
  // An address of IPv6 stands there without brackets.
  const [, name = '', port] = /^(.*):(\d{1,5})$/.exec(where ?? '') ?? []
  if (kind === undefined || port === undefined || Number(slot) >= SLOTS) return undefined
  const address = hostText({ host: name || askedHost, port: Number(port) })
  return { kind: kind === 'ASK' ? 'ask' : 'moved', slot: Number(slot), address }
}

/** Not done, and done after a little while: a slot is on its way, or a primary is being replaced. */
export const isPassing = (text: string): boolean =>
  /^(TRYAGAIN|CLUSTERDOWN|READONLY|MASTERDOWN|LOADING|UNBLOCKED)\b/.test(text)
