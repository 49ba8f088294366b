import { describe, expect, it } from 'vitest'
import { Discard } from '../../src/core/errors.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

interface Wire {
  readonly id: string
  readonly state: string
  readonly done: number
}

/** Dead tasks of two types in one queue; nobody else drives operations. */
async function graveyard(n: number): Promise<Workbench> {
  const bench = await workbench()
  const die = () => {
    throw new Discard('421 SMTP timeout')
  }
  const worker = await bench.work({ mail: die, image: die }, { concurrency: 100 })
  await bench.client.enqueueMany(Array.from({ length: n }, (_, i) => ({ type: i % 2 ? 'mail' : 'image', payload: i })))
  await bench.untilSeen('task.dead', n)
  await worker.stop()
  return bench
}

const BEGIN = ['operation', 'begin', 'replay', '--queue', 'default']

describe('dq operation', () => {
  it('begins one and follows it to its end', async () => {
    const bench = await graveyard(250)
    const { code, out } = await dq(bench, [...BEGIN, '--filter', 'type:mail', '--follow'])
    expect(out).toMatch(/^\w{12} done: replay 'type:mail' of default, 125 tasks of 250 looked at$/)
    expect(code).toBe(0)
    expect((await bench.client.inspector.snapshot())[0]).toMatchObject({ dead: 125, pending: { default: 125 } })
  })

  it('begins one that stays as it is until somebody drives it on', async () => {
    const bench = await graveyard(4)
    const { id, state } = await dqJson<Wire>(bench, [...BEGIN, '--rate', '50'])
    expect(state).toBe('running')
    expect((await dq(bench, ['operation', 'pause', id])).out).toContain('paused')
    expect((await dq(bench, ['operation', 'pause', id])).code).toBe(1)
    expect((await dq(bench, ['operation', 'follow', id])).out).toContain('paused')
    expect((await dq(bench, ['operation', 'resume', id])).out).toContain('running')
    expect(await dqJson<Wire[]>(bench, ['operation', 'list'])).toMatchObject([{ id, state: 'running', rate: 50 }])
    expect((await dq(bench, ['operation', 'follow', id])).out).toContain('4 tasks of 4 looked at')
    expect((await dq(bench, ['operation', 'cancel', id])).code).toBe(1)
    expect((await dq(bench, ['operation', 'list'])).out).toMatch(/ID +STATE +DONE +LOOKED AT +RATE +BY +WHAT/)
  })

  it('says how to take a purge back', async () => {
    const bench = await graveyard(3)
    const { err } = await dq(bench, ['operation', 'begin', 'purge', '--queue', 'default', '--follow'])
    const [, id = ''] = /dq dlq undo --operation (\w+)/.exec(err) ?? []
    expect((await dq(bench, ['dlq', 'undo', '--operation', id])).out).toBe('took back 3 tasks')
  })

  it.each([
    [['operation', 'begin'], '<replay|purge> is missing'],
    [['operation', 'begin', 'melt', '--queue', 'q'], 'say which: dq operation begin replay|purge'],
    [['operation', 'begin', 'purge'], 'name it with --queue'],
    [[...BEGIN, '--filter', 'tpye:mail'], 'did you mean type?'],
    [[...BEGIN, '--rate', 'fast'], "--rate 'fast' is not a whole number"],
    [['operation', 'pause', 'nobody'], 'there is no operation nobody', 1],
  ])('%s is refused with the remedy', async (args, message, expected = 2) => {
    const { code, err } = await dq(await workbench(), args)
    expect(err).toContain(message)
    expect(code).toBe(expected)
  })
})
