import { type ChildProcess, fork } from 'node:child_process'
import { Worker as Thread } from 'node:worker_threads'
import { type Aborted, messageOf } from '../errors.ts'
import { type Ending, type FromChild, isFromChild, type Order, type ToChild, type Welcome } from './messages.ts'

export type ChildKind = 'thread' | 'process'

/** How a run in a child ended: as its handler says, or with the child. */
export type Ended =
  | Ending
  /** `how` it died of itself, in words that follow "its process". */
  | { readonly kind: 'crashed'; readonly how: string }
  /** By `kill`. */
  | { readonly kind: 'killed' }
  /** The machine has no room for a further process: the task is not to blame. */
  | { readonly kind: 'unstarted'; readonly how: string }

export interface Listeners {
  readonly onProgress: (value: number) => void
  readonly onLog: (message: Extract<FromChild, { kind: 'log' }>) => void
}

/** An order before it is that of one run of a child. */
export type NewOrder = Omit<Order, 'kind' | 'run'>

interface Body {
  readonly send: (message: ToChild) => void
  readonly kill: () => void
}

/** Built, the child's file is JavaScript beside this one; from source it is TypeScript, as this one. */
const FILE = new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url)

/** What Node itself was told, but for what would make a child do something else than run its file. */
const NOT_FOR_CHILDREN = /^(?:--inspect|--watch|--eval|--print|--input-type|--test|-e$|-p$|-pe$)/

function childArgv(): string[] {
  const argv: string[] = []
  for (let i = 0; i < process.execArgv.length; i++) {
    const arg = process.execArgv[i]!
    if (!NOT_FOR_CHILDREN.test(arg)) argv.push(arg)
    // The text of these follows as an argument of its own.
    else if (/^(?:-e|-p|-pe|--eval|--print)$/.test(arg)) i++
  }
  return argv
}

type OnExit = (how: string, isStarted: boolean) => void

function startProcess(onMessage: (message: unknown) => void, onExit: OnExit): Body {
  const execArgv = childArgv()
  // Its own group: a key pressed in the daemon's terminal is not for it, and what it starts ends with it.
  const options = {
    execArgv,
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  }
  const child: ChildProcess = fork(FILE, [], options as Parameters<typeof fork>[2])
  child.on('message', onMessage)
  child.on('error', (error) => {
    if (child.pid === undefined) onExit(`could not be started: ${error.message}`, false)
  })
  child.on('exit', (code, signal) => {
    endGroup(child.pid)
    onExit(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`, true)
  })
  return {
    send: (message) => void child.send(message, () => {}), // one that is gone is told by `exit`
    kill: () => {
      endGroup(child.pid)
      child.kill('SIGKILL')
    },
  }
}

/** Ends what it started, with it or after it. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    void error // ESRCH: nothing of it is left, or it has not yet become the leader of its group
  }
}

function startThread(onMessage: (message: unknown) => void, onExit: OnExit): Body {
  const thread = new Thread(FILE, { execArgv: [] })
  let failure: unknown
  thread.on('message', onMessage)
  thread.on('error', (error) => (failure = error))
  thread.on('exit', (code) =>
    onExit(
      failure === undefined ? `ended with exit code ${code}` : `threw outside the handler: ${messageOf(failure)}`,
      true,
    ),
  )
  return { send: (message) => thread.postMessage(message, []), kill: () => void thread.terminate() }
}

/** One process or thread that runs one task at a time. */
export class Child {
  readonly kind: ChildKind
  readonly #body: Body
  #isAlive = true
  #isKilled = false
  #run = 0
  #lastWords: string | undefined
  #listeners: Listeners | undefined
  #end: ((ended: Ended) => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(kind: ChildKind, welcome: Welcome) {
    this.kind = kind
    const start = kind === 'process' ? startProcess : startThread
    this.#body = start(
      (message) => this.#hear(message),
      (how, isStarted) => this.#exited(how, isStarted),
    )
    this.#body.send(welcome)
  }

  get isAlive(): boolean {
    return this.#isAlive && !this.#isKilled
  }

  /** Resolves when the handler has ended, or the child has. */
  run(order: NewOrder, listeners: Listeners): Promise<Ended> {
    this.#listeners = listeners
    this.#run++
    return new Promise((resolve) => {
      this.#end = resolve
      if (this.#isAlive) this.#body.send({ ...order, kind: 'run', run: this.#run })
      else this.#finish({ kind: 'crashed', how: 'had ended before it began' })
    })
  }

  /** Aborts the signal of what runs; the child is killed when that has not ended it after `graceMs`. */
  abort({ why, message }: Aborted, graceMs: number): void {
    if (this.#end === undefined) return
    this.#body.send({ kind: 'abort', why, message })
    this.#timer ??= setTimeout(() => this.kill(), graceMs)
  }

  kill(): void {
    this.#isKilled = true
    this.#body.kill()
  }

  #hear(message: unknown): void {
    if (!isFromChild(message) || message.run !== this.#run) return
    if (message.kind === 'progress') this.#listeners?.onProgress(message.value)
    else if (message.kind === 'log') this.#listeners?.onLog(message)
    else if (message.kind === 'dying') this.#lastWords = message.message
    else this.#finish(message.ending)
  }

  #exited(how: string, isStarted: boolean): void {
    this.#isAlive = false
    if (this.#isKilled) return this.#finish({ kind: 'killed' })
    if (!isStarted) return this.#finish({ kind: 'unstarted', how })
    this.#finish({ kind: 'crashed', how: this.#lastWords === undefined ? how : `${how}: ${this.#lastWords}` })
  }

  #finish(ended: Ended): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const end = this.#end
    this.#end = undefined
    end?.(ended)
  }
}
