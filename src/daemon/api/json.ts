import { isUtf8 } from 'node:buffer'
import { HttpError } from './http-error.ts'

const DEPTH_MOST = 32

const badRequest = (message: string): HttpError => new HttpError(400, 'bad_request', message)

/** Refuses what no honest client sends: endless nesting, keys that reach for the prototype of objects, endless numbers. */
function inspect(value: unknown, depth: number): void {
  if (value === Infinity || value === -Infinity) throw badRequest('the JSON has a number that is too large')
  if (typeof value !== 'object' || value === null) return
  if (depth > DEPTH_MOST) throw badRequest(`the JSON is nested more than ${DEPTH_MOST} levels deep`)
  if (Array.isArray(value)) {
    for (const one of value) inspect(one, depth + 1)
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    const isPoison =
      key === '__proto__' || (key === 'constructor' && Object.hasOwn(Object(inner) as object, 'prototype'))
    if (isPoison) throw badRequest(`the key ${key} is not allowed in JSON here`)
    inspect(inner, depth + 1)
  }
}

/** @throws HttpError 400 that says where the text stops being JSON. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw badRequest('the body is not valid UTF-8')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    const where = /position \d+( \(line \d+ column \d+\))?/.exec(error instanceof Error ? error.message : '')?.[0]
    throw badRequest(`the body is not valid JSON${where === undefined ? '' : ` at ${where}`}`)
  }
  inspect(value, 1)
  return value
}
