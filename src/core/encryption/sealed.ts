/** How an encrypted value looks: in Redis, and to those who do not have its key. */

/** What a value is of: a task by its id, a schedule by its name, or a unique task that keeps the id of the one it replaces. */
export type Scope = 'i' | 's' | 'u'

/** The id of a key: not secret, it stands before everything that was encrypted with it. */
export const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/

export interface Sealed {
  readonly kid: string
  readonly scope: Scope
  /** Initialisation vector, tag and ciphertext, in base64url. */
  readonly data: string
}

/** `!dq1 <key id> <scope> <data>`: one line, and no JSON begins so. */
const FORM = /^!dq1 ([A-Za-z0-9][A-Za-z0-9._-]{0,31}) ([isu]) ([A-Za-z0-9_-]{38,})$/
const MARK = '!dq'

export const sealedText = ({ kid, scope, data }: Sealed): string => `!dq1 ${kid} ${scope} ${data}`

/** Whether this is to be opened and not parsed, be it whole or not. */
export const isSealed = (text: string): boolean => text.startsWith(MARK)

/** @returns undefined for what is no value of ours. */
export function parseSealed(text: string): Sealed | undefined {
  const [, kid, scope, data] = FORM.exec(text) ?? []
  return kid === undefined ? undefined : { kid, scope: scope as Scope, data: data! }
}

/** The key that opens it; `?` where that cannot be told. */
export const keyIdOf = (text: string): string => parseSealed(text)?.kid ?? '?'

/** What stands wherever an encrypted value would be shown. */
export const hidden = (text: string): string => `<encrypted kid=${keyIdOf(text)}>`

/** Whether a payload is what we show in place of one: whoever sends it back would lose the other. */
export const isHidden = (payload: unknown): payload is string =>
  typeof payload === 'string' && /^<encrypted kid=[A-Za-z0-9._?-]{1,32}>$/.test(payload)

/**
 * What the payload of a task is bound to, by its scope.
 * @param extras of the header of its envelope.
 */
export function nameOf(text: string, id: string, extras: string): string {
  const scope = parseSealed(text)?.scope
  if (scope === 's') return id.slice(0, Math.max(0, id.lastIndexOf(':')))
  if (scope === 'u') return /(?:^|\|)u=([^|]*)/.exec(extras)?.[1] ?? ''
  return id
}
