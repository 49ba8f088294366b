import { DqError } from '../errors.ts'
import { encodePayload } from '../payload.ts'
import type { NewSchedule } from '../schedule-definition.ts'
import type { ScheduleDefinition } from '../schedules.ts'
import type { Keyring, Place } from './keyring.ts'
import { checkSealedSize } from './protection.ts'
import { hidden, keyIdOf } from './sealed.ts'

/** Whether it is this text, encrypted with the key that encrypts now. */
function saysSame(keyring: Keyring, sealed: string, place: Place, text: string): boolean {
  const opened = keyIdOf(sealed) === keyring.current ? keyring.open(sealed, place) : undefined
  return opened !== undefined && 'text' in opened && opened.text === text
}

/**
 * A definition with its payload encrypted, bound to the name of the schedule; as it is without a keyring. What is stored
 * stays when it says the same: saving again is no change.
 * @throws DqError `invalid_input` where the name would be made of the payload, `payload_too_large`.
 */
export function sealSchedule(
  keyring: Keyring | undefined,
  given: NewSchedule,
  definition: ScheduleDefinition,
  was: ScheduleDefinition | undefined,
): ScheduleDefinition {
  if (keyring === undefined) return definition
  if (given.name === undefined && given.payload !== undefined && given.payload !== null)
    throw new DqError(
      'invalid_input',
      'name: give one; without it the name would tell of the payload, which is encrypted',
      {
        details: ['name'],
      },
    )
  const { queue, type, name } = definition
  const json = encodePayload(definition.payload)
  const place = { field: 'payload', queue, type, scope: 's', name } as const
  const isSame = was?.sealed !== undefined && saysSame(keyring, was.sealed, place, json)
  const sealed = isSame ? was.sealed : checkSealedSize(keyring.seal(place, json))
  return { ...definition, sealed, payload: hidden(sealed) }
}
