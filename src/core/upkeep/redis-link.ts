import type { RedisClient } from '../redis.ts'

type State = 'up' | 'down'
type Listener = (state: State, error?: Error) => void

/** The state of one connection for any number of listeners, who are told of changes only. */
export interface RedisLink {
  readonly isUp: boolean
  onState(listener: Listener): () => void
}

const links = new WeakMap<RedisClient, RedisLink>()

/** Each failed attempt to connect again is a `down` of the connection; here only the first one is. */
function follow(redis: RedisClient): RedisLink {
  const listeners = new Set<Listener>()
  let { isUp } = redis
  redis.onState((state, error) => {
    if ((state === 'up') === isUp) return
    isUp = state === 'up'
    for (const listener of listeners) listener(state, error)
  })
  return {
    get isUp() {
      return redis.isUp
    },
    onState(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The link of a connection: one, however many ask for it. */
export function linkOf(redis: RedisClient): RedisLink {
  let link = links.get(redis)
  if (link === undefined) links.set(redis, (link = follow(redis)))
  return link
}
