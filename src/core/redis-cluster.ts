import { ClusterNodes, wordsOf } from './cluster-nodes.ts'
import { bySlot, isPassing, type Redirect, redirectOf, slotOf, slotOfCommand } from './cluster-slots.ts'
import { DqError } from './errors.ts'
import { readAddress } from './redis-address.ts'
import type { Argument, Command, RedisClient, RedisOptions } from './redis-client.ts'
import { hostOf, hostsText, hostText } from './redis-url.ts'

const ANSWER_MS = 5_000
const READY_MS = 5_000
/** After so many redirections of one command two nodes disagree, and are given time. */
const REDIRECTS_MOST = 5

type Listener = (state: 'up' | 'down', error?: Error) => void

interface Subscription {
  readonly channels: readonly string[]
  readonly onMessage: (channel: string, message: string) => void
}

/** Where messages are heard. */
interface Ears {
  readonly address: string
  readonly client: RedisClient
  /** Until it is told all that is said from then on. */
  readonly hears: Promise<void>
}

/**
 * A Redis Cluster: each command goes to the primary that has the slot of its key, over a connection that is like one to a
 * single server. Whose slot is where is asked again when a node says so, or falls silent; then what it owed an answer for
 * is sent to its successor. That may do it twice, as after any lost connection: what is sent here can be.
 */
export class ClusterClient implements RedisClient {
  readonly address: string
  readonly options: RedisOptions
  readonly #open: (options: RedisOptions) => RedisClient
  readonly #isTls: boolean
  readonly #nodes: ClusterNodes
  readonly #listeners = new Set<Listener>()
  #heard: Subscription | undefined
  #ears: Ears | undefined

  /** @param open makes the connection to one node. */
  constructor(options: RedisOptions, open: (options: RedisOptions) => RedisClient) {
    const url = readAddress(options)
    if (url.mode !== 'cluster') throw new DqError('invalid_input', 'this is not the address of a cluster')
    const seeds = url.hosts.map(hostText)
    this.options = { username: url.username, password: url.password, ...options }
    this.#open = open
    this.#isTls = url.tls
    this.address = `the cluster at ${hostsText(url.hosts)}`
    this.#nodes = new ClusterNodes({
      seeds,
      address: this.address,
      open: (address) => this.#connect(address),
      onMap: () => void this.#listen().catch(() => this.#nodes.lookSoon()),
    })
    this.#nodes.onState((...state) => this.#heard === undefined && this.#tell(...state))
    this.#nodes.look().catch(() => {}) // whoever asks is told
  }

  /** Whether any of its servers can be asked; of one that listens, whether it hears. */
  get isUp(): boolean {
    return this.#heard === undefined ? this.#nodes.isUp : this.#ears?.client.isUp === true
  }

  #tell(...state: Parameters<Listener>): void {
    for (const listener of this.#listeners) listener(...state)
  }

  #connect(address: string): RedisClient {
    return this.#open({ ...this.options, url: `${this.#isTls ? 'rediss' : 'redis'}://${address}` })
  }

  /** Sends to whoever has the slot, again and again while the cluster says that it is on its way. */
  async #route<T>(slot: number | undefined, send: (node: RedisClient, isAsking: boolean) => Promise<T>): Promise<T> {
    const endsAt = performance.now() + (this.options.answerMs ?? ANSWER_MS)
    let asking: string | undefined
    for (let redirects = 0; ;) {
      let address = asking
      try {
        await this.#nodes.known()
        address ??= this.#nodes.ownerOf(slot)
        return await send(this.#nodes.at(address), asking !== undefined)
      } catch (error) {
        asking = undefined
        const redirect = redirectOf(wordsOf(error), hostOf(address ?? '', 0)!.host)
        const isOver = this.#nodes.isClosed || performance.now() >= endsAt
        if (isOver || (redirect === undefined && !isOnItsWay(error))) throw error
        if (redirect !== undefined && ++redirects > REDIRECTS_MOST) await this.#nodes.pause()
        if (redirect?.kind === 'ask') asking = redirect.address
        else await this.#follow(redirect)
      }
    }
  }

  async #follow(redirect: Redirect | undefined): Promise<void> {
    const looked = this.#nodes.look().catch(() => {}) // the next try tells
    if (redirect !== undefined) return this.#nodes.move(redirect.slot, redirect.address)
    await this.#nodes.pause()
    await looked
  }

  #one(command: string, args: readonly Argument[], send: (node: RedisClient) => Promise<unknown>): Promise<unknown> {
    return this.#route(slotOfCommand(command, args), (node, isAsking) => {
      if (isAsking) ask(node)
      return send(node)
    })
  }

  call(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#one(command, args, (node) => node.call(command, ...args))
  }

  callBuffer(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#one(command, args, (node) => node.callBuffer(command, ...args))
  }

  async batch(commands: readonly Command[]): Promise<unknown[]> {
    const replies: unknown[] = Array.from({ length: commands.length })
    const slotAt = (at: number): number | undefined => {
      const [name, ...args] = commands[at]!
      return slotOfCommand(name, args)
    }
    const send = async (part: readonly number[]): Promise<void> => {
      const lines = part.map((at) => commands[at]!)
      const answers = await this.#route(slotAt(part[0]!), (node, isAsking) => batchOf(node, lines, isAsking))
      for (const [i, at] of part.entries()) replies[at] = answers[i]
    }
    await Promise.all(bySlot(Array.from(commands.keys()), slotAt).map(send))
    return replies
  }

  runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#route(keys[0] === undefined ? undefined : slotOf(keys[0]), async (node, isAsking) => {
      if (!isAsking) return node.runScript(name, lua, keys, args)
      // With its text: a second try of a script that this node does not know would have to ask again.
      return (await batchOf(node, [['EVAL', lua, keys.length, ...keys, ...args]], true))[0]
    })
  }

  together(keys: readonly string[]): string[][] {
    return bySlot(keys, slotOf)
  }

  async each(command: string, ...args: Argument[]): Promise<unknown[]> {
    await this.#nodes.known()
    return Promise.all(this.#nodes.primaries.map((address) => this.#nodes.at(address).call(command, ...args)))
  }

  duplicate(name?: string, changes: Pick<RedisOptions, 'answerMs'> = {}): RedisClient {
    return new ClusterClient({ ...this.options, name: name ?? this.options.name, ...changes }, this.#open)
  }

  /** What one node is told, all hear. */
  async subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): Promise<void> {
    this.#heard = { channels, onMessage }
    for (;;) {
      try {
        await this.#nodes.known()
        return await this.#listen()
      } catch (error) {
        const isHopeless = error instanceof DqError && !error.isTransient
        if (isHopeless || this.#nodes.isClosed) throw error
        await this.#nodes.pause() // as long as it takes
      }
    }
  }

  /** Listens at a node that is there, as long as it is a primary. */
  async #listen(): Promise<void> {
    if (this.#heard === undefined || this.#nodes.isClosed) return
    if (this.#ears === undefined || !this.#nodes.primaries.includes(this.#ears.address)) this.#listenAnew(this.#heard)
    await this.#ears?.hears
  }

  #listenAnew({ channels, onMessage }: Subscription): void {
    this.#ears?.client.drop()
    const address = this.#nodes.ownerOf(undefined)
    const client = this.#connect(address)
    const ears = { address, client, hears: client.subscribe(channels, onMessage) }
    this.#ears = ears
    ears.hears.catch(() => {
      client.drop()
      if (this.#ears === ears) this.#ears = undefined
    })
    client.onState((state, error) => {
      this.#tell(state, error)
      if (state === 'down') this.#nodes.look().catch(() => this.#nodes.lookSoon())
    })
  }

  onState(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async ready(
    timeoutMs = READY_MS,
    { patient = false }: { readonly patient?: boolean | undefined } = {},
  ): Promise<void> {
    const endsAt = performance.now() + timeoutMs
    for (;;) {
      try {
        await this.#nodes.reach(Math.max(1, endsAt - performance.now()))
        return await this.#nodes.at(this.#nodes.ownerOf(undefined)).ready(Math.max(1, endsAt - performance.now()))
      } catch (error) {
        const isHopeless = error instanceof DqError && !error.isTransient
        if (isHopeless || !patient || this.#nodes.isClosed || performance.now() >= endsAt) throw error
        await this.#nodes.pause()
      }
    }
  }

  async close(): Promise<void> {
    this.#nodes.end()
    await Promise.all([this.#ears?.client.close(), ...this.#nodes.all.map((node) => node.close())])
  }

  drop(): void {
    this.#nodes.end()
    this.#ears?.client.drop()
    for (const node of this.#nodes.all) node.drop()
  }
}

/** Whether it was not done, and can be done a little later: by the cluster's own words, or for want of a connection. */
function isOnItsWay(error: unknown): boolean {
  const words = wordsOf(error)
  const isReply = /^[A-Z]{3,} /.test(words)
  return isReply ? isPassing(words) : error instanceof DqError && error.code === 'unavailable'
}

/** The next command is about a slot that is on its way to this node. */
const ask = (node: RedisClient): void => void node.call('ASKING').catch(() => {}) // what follows fails as well

async function batchOf(node: RedisClient, lines: readonly Command[], isAsking: boolean): Promise<unknown[]> {
  if (!isAsking) return node.batch(lines)
  const replies = await node.batch(lines.flatMap((line): Command[] => [['ASKING'], line]))
  return replies.filter((_, i) => i % 2 === 1)
}
