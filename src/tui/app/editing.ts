import { compactPayload, type Editable, JsonError } from '../../core/edit.ts'
import { DqError } from '../../core/errors.ts'
import { type ConsoleSource, type TaskRef, sameRef } from '../source/source.ts'
import { editPlan } from '../state/edit-plan.ts'
import { sceneOf } from '../state/scene.ts'
import { laidOut } from '../text/json-layout.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { Surroundings } from '../tty/surroundings.ts'
import type { Result } from './result.ts'
import type { Store } from './store.ts'

export interface EditingOptions {
  readonly source: ConsoleSource
  readonly store: Store
  readonly nowMs: () => number
  readonly surroundings: Pick<Surroundings, 'edit'>
  /** Lends the terminal meanwhile. */
  readonly lend: (work: () => Promise<void>) => Promise<void>
}

/** What was written, until it was done or the task is another one: no answer and no mistake loses it. */
interface Draft {
  readonly ref: TaskRef
  readonly shown: Editable
  readonly text: string
}

/** What a shell says of a program that is not there. */
const NOT_FOUND = 127

const plain = (text: Safe): Result => ({ text, tone: 'plain' })

/** Lets somebody edit the payload of a dead task, and asks before it is replayed with that. */
export class Editing {
  readonly #options: EditingOptions
  #draft: Draft | undefined

  constructor(options: EditingOptions) {
    this.#options = options
  }

  async run(ref: TaskRef): Promise<Result | undefined> {
    const shown = await this.#editable(ref)
    if (shown === undefined) return { text: say`only a dead task can be edited: this one is no longer`, tone: 'warn' }
    if (shown instanceof DqError) return { text: safeLine(shown.message), tone: 'warn' }
    const before = laidOut(shown.payloadJson)
    const draft = this.#draft
    const isOurs = draft !== undefined && sameRef(draft.ref, ref) && draft.shown.envelope === shown.envelope
    const { text, code } = await this.#edited(isOurs ? draft.text : before)
    if (code === NOT_FOUND) return { text: say`there is no such editor: set $VISUAL or $EDITOR`, tone: 'warn' }
    if (text === before) return this.#unchanged()
    this.#draft = { ref, shown, text }
    if (code !== 0) return plain(say`the editor ended with ${code}: nothing was changed, E goes on with what you wrote`)
    return this.#judge({ ref, shown, text })
  }

  /** @returns the error where its payload is encrypted: the console opens none. */
  async #editable({ queue, id }: TaskRef): Promise<Editable | DqError | undefined> {
    try {
      return await this.#options.source.changes.editable(queue, id)
    } catch (error) {
      if (error instanceof DqError && error.code === 'no_key') return error
      throw error
    }
  }

  #unchanged(): Result {
    this.#draft = undefined
    return plain(say`the payload is as it was: nothing was changed`)
  }

  async #edited(text: string): Promise<{ text: string; code: number }> {
    const { lend, surroundings } = this.#options
    let edited = { text, code: 0 }
    await lend(async () => {
      edited = await surroundings.edit(text)
    })
    return edited
  }

  #judge({ ref, shown, text }: Draft): Result | undefined {
    const { store, nowMs } = this.#options
    try {
      const json = compactPayload(text)
      if (json === compactPayloadOrNot(laidOut(shown.payloadJson))) return this.#unchanged()
      store.send({ kind: 'ask', plan: editPlan(sceneOf(store.state), ref, shown, json), atMs: nowMs() })
      return undefined
    } catch (error) {
      if (!(error instanceof DqError)) throw error
      this.#offerAgain(ref, problemOf(error))
      return undefined
    }
  }

  #offerAgain(ref: TaskRef, problem: Safe): void {
    const effect = { kind: 'edit', ref } as const
    const items = [{ key: 'e', label: say`edit again`, effect }]
    this.#options.store.send({ kind: 'menu', prompt: { kind: 'menu', title: problem, items } })
  }
}

/** Of what was no JSON before, nothing. */
function compactPayloadOrNot(text: string): string | undefined {
  try {
    return compactPayload(text)
  } catch (error) {
    if (!(error instanceof DqError)) throw error
    return undefined
  }
}

function problemOf(error: DqError): Safe {
  if (!(error instanceof JsonError)) return safeLine(error.message)
  const { line, column, text } = error.at
  return say`line ${line}, column ${column}: ${safeLine(text)}`
}
