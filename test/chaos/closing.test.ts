import { expect, it } from 'vitest'
import { queueKeys } from '../../src/core/keys.ts'
import { closingLine, finish } from './lib/closing.ts'
import { SHORT_MS } from './lib/short.ts'
import { onStage } from './lib/stage.ts'

const setting = { seed: 1, profile: 'short', built: false, say: () => {} } as const
const make = () => ({ type: 'work', payload: {} })

it(
  'tells of a lost task, of one that ended twice, of one that was done twice, and of books that do not balance',
  async () => {
    await onStage({ setting, daemons: 1, make }, async (stage) => {
      const { feed, redis, namespace, effects, crew } = stage
      feed.allow(20)
      await crew.startAll()
      await stage.untilDone(20)
      const problems = await finish(stage)
      const right = await closingLine(stage, { run: 'none', violations: problems })
      expect(right).toMatchObject({ acknowledged: 20, enqueued: 20, executed: 20, lost: 0, violations: [] })

      feed.acknowledged.add('never-seen')
      effects.done.set(effects.all[0]!.id, 2)
      effects.executions += 1
      await redis.call('HINCRBY', queueKeys(namespace, 'default', 'test').counters, 'completed:work', 1)
      const wrong = await closingLine(stage, { run: 'none' })
      expect(wrong).toMatchObject({ lost: 1, duplicate_commits: 1, duplicate_executions: 1 })
      expect(wrong.violations).toEqual([
        '1 acknowledged tasks are lost: never-seen',
        '1 tasks ended twice',
        '21 were acknowledged, 20 enqueued',
        '21 tasks completed, but only 20 were done',
        '1 executions beyond one per task, but only 0 tasks were taken back',
        '20 tasks came in, but 21 went out or are here',
      ])
    })
  },
  SHORT_MS,
)
