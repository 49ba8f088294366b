import { script } from './script.ts'

/** One line per script: its file and its arguments, checked against the file's own header at import. */
export const SCRIPTS = {
  enqueue: script('enqueue', ['now', 'call', 'maxBytes', 'items']),
  claim: script('claim', [
    'now',
    'call',
    'worker',
    'want',
    'quotaHigh',
    'quotaDefault',
    'quotaLow',
    'random',
    'leaseMs',
    'timeoutMs',
    'maxBytes',
    'idle',
    'timeouts',
  ]),
  complete: script('complete', ['now', 'call', 'resultMax', 'items']),
  fail: script('fail', ['now', 'call', 'resultTtlMs', 'items']),
  release: script('release', ['now', 'call', 'resultTtlMs', 'items']),
  renew: script('renew', ['now', 'leaseMs', 'graceMs', 'nonces']),
  reap: script('reap', ['now', 'leaseMs', 'resultTtlMs', 'limit']),
  promote: script('promote', ['now', 'limit']),
  cancel: script('cancel', ['now', 'call', 'resultTtlMs', 'by', 'ids']),
  replay: script('replay', ['now', 'call', 'by', 'operation', 'ids']),
  purge: script('purge', ['now', 'call', 'by', 'operation', 'trashMs', 'ids']),
  undo: script('undo', ['now', 'call', 'by', 'operation', 'ids']),
  pause: script('pause', ['now', 'call', 'by', 'paused']),
  fire: script('fire', ['now', 'name', 'expected', 'next', 'priority', 'type', 'id', 'envelope']),
  unschedule: script('unschedule', ['name', 'by']),
  sweep: script('sweep', ['now', 'resultMax', 'limit']),
  snapshot: script('snapshot', ['now']),
} as const

export type ScriptName = keyof typeof SCRIPTS
