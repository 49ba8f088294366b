import type { Keyring } from '../encryption/keyring.ts'
import { openPayload } from '../encryption/protection.ts'
import { hidden, keyIdOf } from '../encryption/sealed.ts'
import type { Seal } from '../records.ts'
import { validate } from '../standard-schema.ts'
import type { Running } from './running.ts'
import { NOT_JSON } from './values.ts'

export function refuse(run: Running, kind: 'malformed' | 'invalid_payload', message: string): void {
  run.message = message
  run.outcome = { kind }
}

export function parse(run: Running): void {
  try {
    run.payload = JSON.parse(run.payloadJson)
  } catch (error) {
    void error // not quoted: its message would show a part of the payload
    refuse(run, 'malformed', NOT_JSON)
  }
}

export async function check(run: Running): Promise<void> {
  const checked = validate(run.definition!.schema!, run.payload)
  const validated = checked instanceof Promise ? await checked : checked
  if (run.phase !== 'running') return
  if (validated.ok) run.payload = validated.value
  else refuse(run, 'invalid_payload', validated.message)
}

/** Opens the payload of an encrypted task. @returns the key that is missing for that. */
export function openRun(run: Running, keyring: Keyring | undefined): string | undefined {
  const { id, envelope } = run.task
  const { type, extras, payloadJson } = envelope
  const { queue } = run.grant.lane
  const opened = openPayload(keyring, payloadJson, { queue, type, id }, extras)
  const kid = keyIdOf(payloadJson)
  if ('text' in opened) {
    run.payloadJson = opened.text
    run.seal = (field, text) => keyring!.seal({ field, queue, type, scope: 'i', name: id }, text)
  } else if (opened.problem === 'broken')
    refuse(run, 'malformed', `its payload cannot be opened with key ${kid}: it was changed, or is that of another task`)
  else {
    run.missingKey = kid
    run.message = `no live worker has key ${kid}, with which its payload is encrypted; add it to their keys, then replay`
    return kid
  }
  return undefined
}

/** Reasons whose messages are our own words, and say nothing of a payload. */
const OWN_WORDS: ReadonlySet<string> = new Set(['timeout', 'no_handler', 'no_key', 'malformed'])

/** How the record of a failure is encrypted; undefined where it need not be. */
export const sealOf = (run: Running, reason: string): Seal | undefined => (OWN_WORDS.has(reason) ? undefined : run.seal)

/** What listeners are told of a failure: they write logs, and those are read by more people than payloads are. */
export const toldOf = (run: Running, reason: string): string =>
  sealOf(run, reason) === undefined ? run.message : hidden(run.task.envelope.payloadJson)
