import { describe, expect, it } from 'vitest'
import { collect } from '../../src/tui/app/collect.ts'
import { TaskPages } from '../../src/tui/source/task-pages.ts'
import type { ConsoleReads } from '../../src/tui/source/source.ts'
import { NOON, deadTask, queueInfo } from '../tui/harness/infos.ts'
import { sourceOf } from '../tui/harness/source.ts'
import { calmWorld } from '../tui/harness/world.ts'

const QUEUES = ['mail', 'mail-bulk', 'photos'] as const

/** Three queues of two dead tasks each, and of which of them a page was read. */
function watched(): { reads: ConsoleReads; read: string[] } {
  const world = calmWorld()
  world.queues = QUEUES.map((queue) => queueInfo(queue, { dead: 2 }))
  world.dead = QUEUES.flatMap((queue, at) => [0, 1].map((n) => deadTask(at * 2 + n, { queue })))
  const { reads } = sourceOf(world, () => NOON)
  const read: string[] = []
  const deadPage: ConsoleReads['deadPage'] = (queue, options) => {
    read.push(queue)
    return reads.deadPage(queue, options)
  }
  return { reads: { ...reads, deadPage }, read }
}

const COURSE = { isStopped: () => false, progress: () => undefined }

describe.each([
  ['queue:mail', ['mail']],
  ['queue:mail*', ['mail', 'mail-bulk']],
  ['queue:photos,mail', ['mail', 'photos']],
  ['queue~mail !queue:mail', ['mail-bulk']],
  ['!QUEUE:photos', ['mail', 'mail-bulk']],
  ['queue:nowhere', []],
  ['mail', [...QUEUES]],
] as const)('with the filter %s', (filter, meant) => {
  it('a change looks only into the queues that it leaves in question', async () => {
    const { reads, read } = watched()
    const request = {
      kind: 'collect',
      verb: 'replay',
      states: ['dead'],
      queues: QUEUES,
      filter,
      beforeMs: NOON,
    } as const
    const found = await collect(reads, request, 6, COURSE)
    expect(read).toEqual(meant)
    expect([...new Set(found.map(({ ref }) => ref.queue))]).toEqual(meant)
  })

  it('so does a list', async () => {
    const { reads, read } = watched()
    const want = { states: ['dead'], queue: undefined, filter, rows: 50, scan: 2_000 } as const
    const infos = await reads.snapshot()
    const { isWhole, scanned } = await new TaskPages(reads).load(infos, want, NOON)
    expect([...new Set(read)].toSorted()).toEqual(meant)
    expect({ isWhole, scanned }).toEqual({ isWhole: true, scanned: 2 * meant.length })
  })
})
