import { describe, expect, it } from 'vitest'
import { Events } from '../../src/core/events.ts'

const promoted = (count: number): { queue: string; count: number } => ({ queue: 'default', count })

describe('events', () => {
  it('reach every listener at once, in the order of registration', () => {
    const events = new Events()
    const seen: string[] = []
    events.on('scheduler.promoted', ({ count }) => void seen.push(`first ${count}`))
    events.on('scheduler.promoted', ({ count }) => void seen.push(`second ${count}`))
    events.emit('scheduler.promoted', promoted(3))
    expect(seen).toEqual(['first 3', 'second 3'])
  })

  it('reach only those who listen to that name', () => {
    const events = new Events()
    const seen: string[] = []
    events.on('schedule.fired', ({ name }) => void seen.push(name))
    events.emit('scheduler.promoted', promoted(1))
    expect(seen).toEqual([])
  })

  it('no longer reach who stopped listening, and only that one', () => {
    const events = new Events()
    let count = 0
    const listener = (): void => void count++
    const stop = events.on('redis.up', listener)
    events.on('redis.up', listener)
    stop()
    stop()
    events.emit('redis.up', { address: 'here' })
    expect(count).toBe(1)
  })

  it('may be stopped from within a listener without losing the others', () => {
    const events = new Events()
    const seen: string[] = []
    const stop = events.on('redis.up', () => {
      seen.push('once')
      stop()
    })
    events.on('redis.up', () => void seen.push('always'))
    events.emit('redis.up', { address: 'here' })
    events.emit('redis.up', { address: 'here' })
    expect(seen).toEqual(['once', 'always', 'always'])
  })

  it('say whether anybody listens', () => {
    const events = new Events()
    expect(events.has('redis.up')).toBe(false)
    const stop = events.on('redis.up', () => {})
    expect(events.has('redis.up')).toBe(true)
    stop()
    expect(events.has('redis.up')).toBe(false)
  })

  it('survive a listener that throws: the others are called, and the failure is an event itself', () => {
    const events = new Events()
    const seen: string[] = []
    events.on('redis.up', () => {
      throw new Error('boom')
    })
    events.on('redis.up', () => void seen.push('called'))
    events.on('listener.failed', ({ event, error }) => void seen.push(`${event}: ${error.message}`))
    events.on('listener.failed', () => {
      throw new Error('again')
    })
    events.emit('redis.up', { address: 'here' })
    expect(seen).toEqual(['redis.up: boom', 'called'])
  })
})
