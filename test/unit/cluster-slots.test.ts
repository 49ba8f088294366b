import { describe, expect, it } from 'vitest'
import { redirectOf } from '../../src/core/cluster-slots.ts'

describe('where a node of a cluster sends to', () => {
  it.each([
    ['MOVED 1 10.0.0.1:7000', { kind: 'moved', slot: 1, address: '10.0.0.1:7000' }],
    ['ASK 16383 node-a.example.com:7000', { kind: 'ask', slot: 16_383, address: 'node-a.example.com:7000' }],
    ['MOVED 1 2001:db8::1:7000', { kind: 'moved', slot: 1, address: '[2001:db8::1]:7000' }],
    ['MOVED 1 ::1:7000', { kind: 'moved', slot: 1, address: '[::1]:7000' }],
    ['ASK 1 :7000', { kind: 'ask', slot: 1, address: 'asked:7000' }],
  ])('is read: %s', (text, redirect) => {
    expect(redirectOf(text, 'asked')).toEqual(redirect)
  })

  it.each(['MOVED 16384 a:1', 'MOVED 1 a', 'TRYAGAIN a', 'ERR MOVED 1 a:1'])('is none: %s', (text) => {
    expect(redirectOf(text, 'asked')).toBeUndefined()
  })
})
