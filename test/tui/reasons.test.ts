import { describe, expect, it } from 'vitest'
import { mount } from './harness/mount.ts'
import { troubledWorld, type World } from './harness/world.ts'

/** Somebody paused the queue, and wrote what a terminal would obey. */
function waitingWorld(): World {
  return {
    ...troubledWorld(),
    reasons: [
      { code: 'paused', text: 'queue high is paused by eve\u001B[31m since 2026-01-31T12:00:00Z', details: {} },
      { code: 'ahead', text: '41 tasks are ahead of it, its priority is default', details: {} },
      { code: 'running', text: 'never shown', details: {} },
    ],
    objectives: new Map([
      [
        'high',
        {
          waitMs: 30_000,
          target: 0.99,
          state: 'fast',
          windows: [{ windowMs: 300_000, total: 9, late: 9, burn: 100 }],
        },
      ],
    ]),
  }
}

describe('the screen of a task', () => {
  it('says why it does not run, and nothing that its facts say anyway', async () => {
    const top = await mount({ columns: 120, rows: 32, world: waitingWorld() })
    await top.press('7')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Why')
    const screen = await top.settled()
    expect(screen).toContain('41 tasks are ahead of it, its priority is default')
    expect(screen).toContain('queue high is paused by eve')
    expect(screen).not.toContain('\u001B[31m')
    expect(screen).not.toContain('never shown')
  })

  it('leaves the part out where there is nothing to say', async () => {
    const top = await mount({ columns: 120, rows: 32 })
    await top.press('7')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Payload')
    expect(await top.settled()).not.toContain('─ Why')
  })
})

describe('a queue that promises something', () => {
  it('shows how it stands: in the findings, beside its state, and over its tasks', async () => {
    const top = await mount({ columns: 120, rows: 32, world: waitingWorld() })
    await top.refresh()
    await top.shows('high promises 99% within 30s, and its budget burns fast: 100 in 5m')
    await top.press('2')
    await top.refresh()
    await top.press('j')
    await top.shows('slo 99% within 30s: fast')
    await top.press('Enter')
    await top.shows('Queue high (slo')
    expect(await top.settled()).toContain('Queue high (slo 99% within 30s: fast)')
  })
})
