import { beforeEach, describe, expect, it } from 'vitest'
import { type Driver, drive } from '../tui/harness/driver.ts'

let top: Driver
beforeEach(async () => {
  top = await drive()
})

async function filter(view: string, text: string): Promise<void> {
  top.press(view, '/', 'C-u')
  top.type(text)
  top.press('Enter')
  await top.read()
}

describe('a filter of tasks', () => {
  it('says how many of how many match, of how many it looked at, and what it is', async () => {
    await filter('4', 'type:image.resize')
    expect(top.screen()[2]).toContain('DLQ  1 of 1284 match')
    expect(top.screen()[2]).toContain('filter: type:image.resize')
  })

  it('looks into payloads and compares ages', async () => {
    await filter('4', 'payload.order.id:8812 age<20s')
    expect(top.screen()[2]).toMatch(/DLQ {2}12 of 1284 match/)
  })

  it('is read in parts where there is much to look at, and s goes on', async () => {
    const [first] = top.world.dead
    top.world.dead = Array.from({ length: 9_000 }, (_, n) => ({ ...first!, id: `T${n}`, finishedAtMs: 9e11 - n }))
    top.world.queues = top.world.queues.map((queue) => ({ ...queue, dead: queue.name === 'high' ? 9_000 : 0 }))
    await filter('4', 'id:T7')
    expect(top.screen()[2]).toContain('1 of 9000 match, scanned 2000, s scans on')
    await top.read()
    expect(top.screen()[2]).toContain('scanned 2000,')
    top.press('s')
    for (let i = 0; i < 4; i++) await top.read()
    expect(top.screen()[2]).not.toContain('s scans on')
  })

  it('goes on by itself as long as nothing was found', async () => {
    const [first] = top.world.dead
    top.world.dead = Array.from({ length: 9_000 }, (_, n) => ({ ...first!, id: `T${n}`, finishedAtMs: 9e11 - n }))
    top.world.queues = top.world.queues.map((queue) => ({ ...queue, dead: queue.name === 'high' ? 9_000 : 0 }))
    await filter('4', 'id:T8999')
    expect(top.screen()[2]).toContain('0 of 9000 match, scanned 2000')
    for (let i = 0; i < 4; i++) await top.read()
    expect(top.screen()[2]).toContain('1 of 9000 match')
  })

  it('that cannot be read says so under itself, with the remedy, and Enter leaves it standing there', () => {
    top.press('4', '/')
    top.type('tpye:email')
    expect(top.screen()[22]).toContain('/tpye:email_')
    expect(top.screen()[23]).toContain("filter word 'tpye:email' names no field")
    top.press('Enter')
    expect(top.state.ui.prompt).toMatchObject({ kind: 'filter' })
    expect(top.state.ui.lists.dlq.filter).toBe('')
  })

  it('shows its grammar while nothing is wrong', () => {
    top.press('4', '/')
    expect(top.screen()[23]).toContain('attempts>=3 age<1h')
  })

  it('of before comes back with Up, the newest first', async () => {
    await filter('4', 'type:a')
    await filter('4', 'type:b')
    top.press('Esc', '3', '/', 'Up')
    expect(top.state.ui.prompt).toMatchObject({ edit: { text: 'type:b' } })
    top.press('Up', 'Up')
    expect(top.state.ui.prompt).toMatchObject({ edit: { text: 'type:a' } })
    top.press('Down')
    expect(top.state.ui.prompt).toMatchObject({ edit: { text: 'type:b' } })
  })

  it('that matches nothing names the type that was perhaps meant', async () => {
    await filter('4', 'type:emial.send')
    expect(top.screen().join('\n')).toContain('0 of 1284 match  type:emial.send; did you mean type:email.send?')
  })

  it('narrows leases while it is typed', () => {
    top.press('3', '/')
    top.type('worker:wrk-c*')
    expect(top.screen()[2]).toContain('Leases  1 of 18')
  })

  it('of leases knows no payloads, and says where they are', () => {
    top.press('3', '/')
    top.type('payload.user.id:1')
    expect(top.screen()[23]).toContain('payloads are not read in this list: open the queue, tab active')
  })

  it('of another list leaves this one as it is', async () => {
    await filter('4', 'type:nothing')
    top.press('7')
    await top.read()
    expect(top.screen()[2]).toContain('Delayed  310')
  })
})

describe('delayed tasks', () => {
  it('come as one list over all queues, delayed ones and retries, soonest first', async () => {
    top.press('7')
    await top.read()
    const rows = top.screen().slice(4, 12)
    expect(rows[0]).toMatch(/email\.send +high +retrying.* 20s$/)
    expect(rows.some((row) => /default +scheduled/.test(row))).toBe(false)
    top.press('G')
    await top.read()
    expect(top.state.data.tasks.rows.map(({ dueAtMs }) => dueAtMs)).toEqual(
      top.state.data.tasks.rows.map(({ dueAtMs }) => dueAtMs).toSorted((a, b) => a! - b!),
    )
  })

  it('are cancelled by D, one with y and many with a phrase', async () => {
    top.press('7')
    await top.read()
    top.press('D')
    expect(top.plan).toMatchObject({ tier: 2, act: { kind: 'cancel', sets: [{ queue: 'high' }] } })
    top.press('n', ' ', ' ', 'D')
    expect(top.plan).toMatchObject({ tier: 3, phrase: 'cancel 2' })
  })
})

describe('one queue', () => {
  it('opens from the list of queues and shows its tasks by state', async () => {
    top.press('2', 'j', 'Enter')
    await top.read()
    expect(top.screen()[1]).toContain('2 Queues > queue high')
    expect(top.screen()[2]).toMatch(/\[pending 120\] delayed 12 {2}waiting 0 {2}active 9 {2}finished 0 {2}dead 1284/)
    expect(top.screen()[3]).toContain('Queue high pending  120')
    top.press('l')
    await top.read()
    expect(top.screen()[3]).toContain('Queue high delayed  12')
    top.press('Tab', 'Tab')
    await top.read()
    expect(top.screen().join('\n')).toMatch(/wrk-a-01.*3s/)
    top.press('h', 'h', 'h', 'h')
    await top.read()
    expect(top.screen()[3]).toContain('Queue high dead  1284')
  })

  it('opens a task from each of them, and goes on to the next one', async () => {
    top.press('2', 'j', 'Enter')
    await top.read()
    top.press('j', 'Enter', 'J')
    expect(top.state.ui.stack.at(-1)).toMatchObject({ kind: 'task', ref: top.state.data.tasks.rows[2]!.ref })
    top.press('Esc', 'Esc')
    expect(top.state.ui.stack).toHaveLength(1)
  })

  it('cancels what waits, replays and deletes only what is dead', async () => {
    top.press('2', 'j', 'Enter')
    await top.read()
    top.press('R')
    expect(top.flash).toContain('only dead tasks are replayed')
    top.press('D')
    expect(top.plan).toMatchObject({ act: { kind: 'cancel' } })
    top.press('n', 'h')
    await top.read()
    top.press('R')
    expect(top.plan).toMatchObject({ act: { kind: 'replay', sets: [{ queue: 'high' }] } })
    top.press('n', 'D')
    expect(top.plan).toMatchObject({ act: { kind: 'purge' } })
  })
})

describe('marks', () => {
  it('of a range go from the last mark to the cursor', () => {
    top.press('4', 'j', ' ', 'j', 'j', 'v')
    expect(top.state.ui.lists.dlq.marks.size).toBe(4)
  })

  it('of all are of their ids when the list is whole, else of an instant, counted before anything is asked', async () => {
    await filter('4', 'type:image.resize')
    top.press('*', 'R')
    expect(top.plan).toMatchObject({ act: { sets: [{ queue: 'high', ids: [expect.any(String)] }] } })
    top.press('n', 'Esc', '\\')
    top.state = { ...top.state, data: { ...top.state.data, dead: { ...top.state.data.dead, isWhole: false } } }
    top.press('*')
    expect(top.screen()[2]).toMatch(/marked: all up to \d\d:\d\d:\d\d/)
    top.press('R')
    const before = top.state.ui.lists.dlq.allBeforeMs
    expect(top.effects.at(-1)).toMatchObject({ kind: 'collect', verb: 'replay', filter: '', beforeMs: before })
    top.press('\\')
    expect(top.state.ui.lists.dlq.allBeforeMs).toBeUndefined()
  })

  it('of all end with the filter that they were of', () => {
    top.state = { ...top.state, data: { ...top.state.data, dead: { ...top.state.data.dead, isWhole: false } } }
    top.press('4', '*', '/', 'x', 'Enter')
    expect(top.state.ui.lists.dlq.allBeforeMs).toBeUndefined()
  })
})

it('a title counts first, and gives the filter the columns that are left', async () => {
  await filter('4', 'type:email.send err~"SMTP 421 4.7.0 timeout after 30s" !queue:low')
  expect(top.screen()[2]).toMatch(/^─ DLQ {2}1283 of 1284 match ─+ filter: type:email.* ─$/)
  top.press('*')
  expect(top.screen()[2]).toMatch(/1283 of 1284 match {2}marked 1283 ─+ filter: .* ─$/)
})

it('by queues that are not there says that nothing matches, and not that nothing is there', async () => {
  top.press('4', '/')
  top.type('queue:nowhere')
  top.press('Enter')
  await top.read()
  expect(top.screen()[2]).toContain('DLQ  0 of 1284 match')
  expect(top.screen().join('\n')).toContain('Esc clears the filter')
  expect(top.screen().join('\n')).not.toContain('The DLQ is empty')
})
