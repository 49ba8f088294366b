import type { ScriptName } from '../../src/core/scripts.ts'

export const LEASE_MS = 30_000

export type Args = Record<string, string | number | readonly (string | number)[]>

/** What a script is given where a test says nothing. */
export const DEFAULT_ARGS: Partial<Record<ScriptName, Args>> = {
  enqueue: { maxBytes: 266_240 },
  claim: {
    worker: 'w',
    want: 10,
    random: 'r',
    leaseMs: LEASE_MS,
    timeoutMs: 60_000,
    maxBytes: 1_048_576,
    idle: 0,
    contains: '',
    spare: 0,
    timeouts: [],
  },
  complete: { resultMax: 10_000 },
  fail: { resultTtlMs: 86_400_000 },
  release: { resultTtlMs: 86_400_000 },
  limit: { by: 'me', source: 'hand' },
  unstick: { from: 0, cursor: 0 },
  renew: { leaseMs: LEASE_MS, graceMs: 5_000 },
  reap: { leaseMs: LEASE_MS, resultTtlMs: 86_400_000, limit: 100 },
  promote: { limit: 500 },
  cancel: { resultTtlMs: 86_400_000, by: 'me' },
  hasten: { by: 'me' },
  replay: { by: 'me', operation: 'op1', shown: '', envelope: '' },
  purge: { by: 'me', operation: 'op1', trashMs: 900_000 },
  undo: { by: 'me', operation: 'op1' },
  pause: { by: 'me', paused: 1 },
  operate: { by: 'me', operation: 'op1', record: '{}', cursor: '9|' },
  unschedule: { by: 'me' },
  schedule: { by: 'me' },
  trigger: { by: 'me' },
  sweep: { resultMax: 10_000, limit: 500 },
}
