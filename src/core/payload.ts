import { isHidden } from './encryption/sealed.ts'
import { DqError, messageOf } from './errors.ts'
import { LIMITS } from './limits.ts'

/** The JSON of a payload. @throws DqError `invalid_input` or `payload_too_large`. */
export function encodePayload(payload: unknown): string {
  if (isHidden(payload))
    throw new DqError(
      'invalid_input',
      `payload is ${payload}, which stands for one that is encrypted; send what it is`,
      {
        details: ['payload'],
      },
    )
  let json: string | undefined
  try {
    json = JSON.stringify(payload ?? null)
  } catch (cause) {
    throw new DqError('invalid_input', `payload cannot be written as JSON: ${messageOf(cause)}`, {
      cause,
      details: ['payload'],
    })
  }
  if (json === undefined)
    throw new DqError('invalid_input', 'payload cannot be written as JSON', { details: ['payload'] })
  const bytes = json.length > LIMITS.payloadBytes / 3 ? Buffer.byteLength(json) : 0
  if (bytes > LIMITS.payloadBytes)
    throw new DqError(
      'payload_too_large',
      `payload has ${bytes} bytes, the limit is ${LIMITS.payloadBytes}; store it elsewhere and enqueue a reference`,
      { details: ['payload'] },
    )
  return json
}
