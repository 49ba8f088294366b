import { span } from '../span.ts'
import type { TaskInfo } from '../task.ts'
import type { Cause, HeldKey, Reason } from './facts.ts'

const NAMES = { idempotency: 'idempotency key', unique: 'unique key' } as const

function toReason({ id, state }: TaskInfo, { kind, owner, expiresInMs }: HeldKey): Reason | undefined {
  if (owner === undefined) return undefined
  const name = NAMES[kind]
  const left = expiresInMs === undefined ? 'while it lives' : `for another ${span(expiresInMs)}`
  const details = { key: kind, owner, expiresInMs }
  if (owner === id)
    return { code: 'holds_key', text: `it holds its ${name} ${left}: others are duplicates of it`, details }
  const effect = state === 'dead' ? 'a replay would be refused' : 'its own time is over'
  return { code: 'key_taken', text: `task ${owner} holds its ${name} ${left}: ${effect}`, details }
}

/** What makes other tasks duplicates, and who holds it. */
export const keys: Cause = ({ task, keys: held }) => held.flatMap((key) => toReason(task, key) ?? [])
