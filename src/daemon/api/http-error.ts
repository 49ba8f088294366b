import type { z } from 'zod'
import { type DqError, ERRORS } from '../../core/errors.ts'
import { visible } from '../visible.ts'

/** An answer other than success: its status, a stable code, and a sentence that names the thing and the remedy. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  readonly details: readonly string[]

  constructor(status: number, code: string, message: string, details: readonly string[] = []) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.details = details
  }
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly details?: readonly string[] }
}

/** Of an answer that would name more. */
const DETAILS_MOST = 20
const DETAIL_CHARS = 200

/** It may quote what was sent: nothing of that reaches a terminal raw, and a small request gets no large answer. */
export const errorBody = ({ code, message, details }: Pick<HttpError, 'code' | 'message' | 'details'>): ErrorBody => {
  const named = details.slice(0, DETAILS_MOST).map((detail) => visible(detail, DETAIL_CHARS))
  return { error: { code, message: visible(message), ...(named.length > 0 ? { details: named } : {}) } }
}

const ISSUES_MOST = 20

/** Fields that a later version will know: refused by name, never ignored. */
const LATER = new Set(['rate_limit'])

function issueText(issue: z.core.$ZodIssue): { text: string; fields: string[] } {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const inside = path === '' ? '' : ` in ${path}`
    return {
      text: `unknown ${issue.keys.length > 1 ? 'fields' : 'field'} ${issue.keys.join(', ')}${inside}`,
      fields: issue.keys,
    }
  }
  if (path === '') return { text: issue.message, fields: [] }
  return { text: `${path}: ${issue.message}`, fields: [path] }
}

/** What a refused body or query is answered with. */
export function invalid(error: z.ZodError): HttpError {
  const later = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.filter((key) => LATER.has(key)) : [],
  )
  if (later.length > 0)
    return new HttpError(
      422,
      'not_supported',
      `${later.join(', ')}: not supported by this version; leave it out`,
      later,
    )
  const issues = error.issues.slice(0, ISSUES_MOST).map(issueText)
  const message = issues.map(({ text }) => text).join('; ')
  return new HttpError(
    422,
    'invalid_input',
    message,
    issues.flatMap(({ fields }) => fields),
  )
}

export function fromDqError(error: DqError): HttpError {
  return new HttpError(ERRORS[error.code].status, error.code, error.message, error.details)
}
