import { describe, expect, it } from 'vitest'
import { deadTask, idOf } from './harness/infos.ts'
import { mount } from './harness/mount.ts'
import { troubledWorld } from './harness/world.ts'

const id = (n: number): string => idOf(5000 - n)

async function inDlq(keys: readonly string[] = []) {
  const top = await mount()
  await top.press('4')
  await top.refresh()
  await top.press(...keys)
  return top
}

describe('copying', () => {
  it('puts the id of a task into the clipboard of the terminal', async () => {
    const top = await inDlq(['j', 'c'])
    await top.shows('copied its name to the clipboard of the terminal')
    expect(top.terminal.clipboard).toEqual([id(1)])
  })

  it('copies the payload as it is, with what a terminal would obey written out', async () => {
    const top = await inDlq(['y', 'p'])
    await top.shows('copied the payload')
    const [payload] = top.terminal.clipboard
    expect(JSON.parse(payload!)).toMatchObject({ to: 'müller@example.com', note: '\x1b]52;c;ZXZpbA==\x07' })
    expect(payload).toContain('\\u001b]52')
  })

  it('copies the error and all of a task, and says when there is no error', async () => {
    const top = await inDlq(['y', 'e', 'y', 'j'])
    await top.shows('copied the task as JSON')
    const [error, json] = top.terminal.clipboard
    expect(error).toContain('at SmtpClient.send')
    expect(JSON.parse(json!)).toMatchObject({ id: id(0), state: 'dead', attempt: 5 })
    await top.press('7')
    await top.refresh()
    await top.press('G')
    await top.press('y', 'e')
    await top.shows('this task has no error')
  })

  it('of too much goes to a file, and says to which', async () => {
    const world = troubledWorld()
    world.dead[0] = deadTask(0, { payload: { text: 'x'.repeat(100_000) } })
    const top = await mount({ world })
    await top.press('4')
    await top.refresh()
    await top.press('y', 'p')
    await top.shows('/home/ops/dq-top-copy-2026-11-21T120431Z.txt has the payload')
    expect(top.saved[0]?.[1]).toHaveLength(100_000 + '{\n  "text": ""\n}'.length)
    expect(top.terminal.clipboard).toEqual([])
  })

  it('copies names and rows of lists that are no tasks', async () => {
    const top = await mount()
    await top.press('2', 'c', 'y', 'j')
    await top.shows('copied the row')
    expect(top.terminal.clipboard[0]).toBe('default')
    expect(JSON.parse(top.terminal.clipboard[1]!)).toMatchObject({ queue: 'default', pending: '41' })
  })

  it('is left by any other key', async () => {
    const top = await inDlq(['y', 'q'])
    expect(top.console.store.state.ui.prompt).toBeUndefined()
    expect(top.terminal.clipboard).toEqual([])
  })
})

describe('writing to a file', () => {
  it('writes the marked tasks in full, one line of JSON each', async () => {
    const top = await inDlq([' ', ' ', 'e', 'j'])
    await top.shows('wrote 2 rows to /home/ops/dq-top-dlq-2026-11-21T120431Z.jsonl')
    const lines = top.saved[0]![1].trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([id(0), id(1)])
  })

  it('writes what is shown as CSV, without drawings', async () => {
    const top = await mount()
    await top.press('3', 'e', 'c')
    await top.shows('wrote 18 rows')
    const [head, first] = top.saved[0]![1].split('\r\n')
    expect(head).toBe('TASK,TYPE,QUEUE,WORKER,TRY,SINCE,LEFT')
    expect(first).toBe(`${idOf(1)},report.render,low,wrk-c-03,1,12:03:44,EXPIRED`)
  })

  it('says what went wrong', async () => {
    const top = await inDlq()
    top.refusesFiles = true
    await top.press('e', 'c')
    expect(await top.shows('failed: EROFS: read-only file system')).toContain('DLQ  1284')
  })
})

describe('the pager', () => {
  it('gets the whole task as text with nothing raw in it, and the screen comes back', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('Payload')
    await top.press('v')
    expect(top.paged[0]).toContain('"note": "\\e]52;c;ZXZpbA==\\x07"')
    expect(top.paged[0]).toContain('at SmtpClient.send')
    expect(top.paged[0]).not.toContain('\x1b')
    await top.shows('lines 1-19 of')
  })
})

describe('cancelling', () => {
  it('ends delayed tasks and asks the workers of running ones', async () => {
    const top = await mount()
    await top.press('7')
    await top.refresh()
    await top.press(' ', ' ', 'D', ...'cancel 2'.split(''), 'Enter')
    await top.shows('cancelled 2 tasks')
    await top.press('3', 'j', 'C', 'y')
    await top.shows('1 running: their workers are asked to stop')
    expect(top.world.calls.map(([verb, queue]) => [verb, queue])).toEqual([
      ['cancel', 'high'],
      ['cancel', 'high'],
    ])
  })

  it('of all leases of one worker finds those too that were not read', async () => {
    const top = await mount()
    const [high] = top.world.queues
    top.world.queues = [{ ...high!, active: 1_000 }]
    await top.press('3')
    await top.refresh()
    await top.press('/', 'worker:wrk-a-01\r', '*', 'C')
    expect(await top.shows('Cancel this task?')).toContain('queue of high: 1')
    await top.press('n')
    expect(top.world.calls).toEqual([])
  })

  it('of everything that matches counts it first', async () => {
    const top = await mount()
    await top.press('7', '/', 'type:report.render\r')
    await top.shows('1 of 310 match')
    await top.press('Esc')
    await top.shows('Delayed  310')
    await top.press('*', 'D')
    await top.shows('Type  cancel 310  to go on')
    await top.press('Esc')
    expect(top.world.calls).toEqual([])
  })
})

describe('a task by hand', () => {
  it('is enqueued after it was asked', async () => {
    const top = await mount()
    await top.press(':', 'enqueue email.send {"to": "anna"}\r')
    await top.shows('Enqueue this task?')
    await top.press('y')
    await top.shows('enqueued email.send as NEW1')
    expect(top.world.calls).toEqual([['enqueue', 'email.send', { to: 'anna' }, {}]])
  })
})
