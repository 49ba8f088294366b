import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { redisKill } from './scenarios/redis-kill.ts'

it(
  'loses nothing acknowledged when Redis is killed, and every daemon works again',
  async () => {
    const line = await playShort(redisKill, { faults: 1 })
    expect(line).toMatchObject({ redis_kills: 1, power_cut: { cuts: 1, drift: [] } })
  },
  SHORT_MS,
)
