/** Every state a task can be in. Its location in Redis is its state: `place` names the structure that holds the id. */
export const STATES = {
  pending: { final: false, place: 'pending', meaning: 'waits in line for a worker' },
  scheduled: { final: false, place: 'scheduled', meaning: 'waits for its time' },
  blocked: { final: false, place: 'blocked', meaning: 'waits for other tasks to complete' },
  limited: { final: false, place: 'waiting', meaning: 'waits for room under a limit' },
  active: { final: false, place: 'holders', meaning: 'held by one worker under a lease' },
  retrying: { final: false, place: 'scheduled', meaning: 'failed and waits for its next attempt' },
  completed: { final: true, place: 'completed', meaning: 'ran to its end' },
  dead: { final: true, place: 'dead', meaning: 'gave up; waits in the DLQ for replay or purge' },
  cancelled: { final: true, place: 'completed', meaning: 'was stopped by somebody' },
} as const satisfies Record<string, { final: boolean; place: string; meaning: string }>

export type State = keyof typeof STATES
export const STATE_NAMES = Object.keys(STATES) as readonly State[]

/** Places an id can be in that are no state of a task: purged, but not yet gone. */
export type Place = State | 'trash' | 'gone'

/** Every move of a task. One Lua script makes each of them; `from: 'none'` is a new id, `to: 'gone'` its end. */
export const TRANSITIONS = [
  { verb: 'enqueue', from: ['none', 'pending', 'scheduled'], to: ['pending', 'scheduled'] },
  { verb: 'flow', from: ['none'], to: ['blocked', 'pending', 'scheduled', 'dead'] },
  { verb: 'unblock', from: ['blocked'], to: ['pending', 'scheduled', 'dead'] },
  { verb: 'fire', from: ['none'], to: ['pending', 'scheduled'] },
  { verb: 'trigger', from: ['none'], to: ['pending'] },
  { verb: 'claim', from: ['pending', 'limited'], to: ['active', 'limited'] },
  { verb: 'complete', from: ['active', 'pending', 'limited'], to: ['completed'] },
  { verb: 'fail', from: ['active'], to: ['retrying', 'dead', 'pending', 'limited', 'cancelled'] },
  { verb: 'release', from: ['active'], to: ['pending', 'limited', 'scheduled', 'retrying', 'cancelled'] },
  { verb: 'renew', from: ['active'], to: ['active'] },
  { verb: 'reap', from: ['active'], to: ['pending', 'limited', 'dead', 'cancelled'] },
  { verb: 'promote', from: ['scheduled', 'retrying'], to: ['pending'] },
  { verb: 'hasten', from: ['scheduled', 'retrying'], to: ['pending'] },
  {
    verb: 'cancel',
    from: ['pending', 'limited', 'scheduled', 'retrying', 'blocked', 'active'],
    to: ['cancelled', 'active'],
  },
  { verb: 'replay', from: ['dead'], to: ['pending', 'blocked'] },
  { verb: 'purge', from: ['dead'], to: ['trash', 'gone'] },
  { verb: 'undo', from: ['trash'], to: ['dead'] },
  { verb: 'sweep', from: ['trash', 'completed', 'cancelled'], to: ['gone'] },
] as const satisfies readonly {
  verb: string
  from: readonly (Place | 'none')[]
  to: readonly Place[]
}[]

export type Verb = (typeof TRANSITIONS)[number]['verb']
