import { describe, expect, it } from 'vitest'
import { isPrivate, maskUrl, parseRedisUrl, withDatabase } from '../../src/core/redis-url.ts'

const NOBODY = { username: undefined, password: undefined }

describe('an address of Redis', () => {
  it.each([
    ['redis://h:1/2', { ...NOBODY, mode: 'server', tls: false, hosts: [{ host: 'h', port: 1 }], db: 2 }],
    [
      'rediss://u:p%40@[::1]',
      { mode: 'server', tls: true, username: 'u', password: 'p@', hosts: [{ host: '::1', port: 6379 }], db: undefined },
    ],
    ['unix:///a%20b?db=3', { ...NOBODY, mode: 'socket', tls: false, path: '/a b', db: 3 }],
    [
      'redis-cluster://:p:q@a:1,b',
      {
        mode: 'cluster',
        tls: false,
        username: undefined,
        password: 'p:q',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
    [
      'rediss-sentinel://a,b:2/main/4',
      {
        ...NOBODY,
        mode: 'sentinel',
        tls: true,
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 2 },
        ],
        primary: 'main',
        db: 4,
      },
    ],
    [
      'redis-sentinel://a',
      {
        ...NOBODY,
        mode: 'sentinel',
        tls: false,
        hosts: [{ host: 'a', port: 26_379 }],
        primary: 'mymaster',
        db: undefined,
      },
    ],
  ])('is read: %s', (text, url) => {
    expect(parseRedisUrl(text)).toEqual(url)
  })

  it.each([
    'h:1',
    'http://h',
    'redis://h:99999',
    'redis://a,b',
    'redis-cluster://a:1,',
    'redis-sentinel://,a:1/main',
    'redis://h/x',
    'redis://h/1?x=2',
    'redis-cluster://a/1',
    'unix://',
    'redis://%zz@h',
    'redis://a b',
  ])('is refused: %s', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined()
  })

  it('never shows its password, whatever else is wrong with it', () => {
    expect(maskUrl('redis-cluster://u:s3cret@a:1,b:2')).toBe('redis-cluster://u:***@a:1,b:2')
    expect(maskUrl('redis://:s3c@ret@h:nonsense')).toBe('redis://:***@h:nonsense')
    expect(maskUrl('unix:///a/b')).toBe('unix:///a/b')
    for (const text of [
      'Redis://:s3cret@h',
      ' redis://u:s3cret@h',
      'u:s3cret@h:1',
      ':s3cret@h',
      'redis://a/b:s3cret@h',
    ])
      expect(maskUrl(text)).toMatch(/^(?!.*s3cret).*:\*\*\*@h/)
  })

  it('takes another database', () => {
    expect(withDatabase('redis://u:p@h:1', 3)).toBe('redis://u:p@h:1/3')
    expect(withDatabase('redis-sentinel://a:1,b:2', 3)).toBe('redis-sentinel://a:1,b:2/mymaster/3')
    expect(withDatabase('unix:///a?db=1', 3)).toBe('unix:///a?db=3')
    expect(withDatabase('redis://:p/w?d@h:1/0', 3)).toBe('redis://:p/w?d@h:1/3')
    expect(withDatabase('unix://:p?w@/a', 3)).toBe('unix://:p?w@/a?db=3')
  })

  it('is private if nobody can listen in', () => {
    const isPrivateUrl = (text: string): boolean => isPrivate(parseRedisUrl(text)!)
    const near = ['redis://127.0.0.1', 'redis://localhost:1', 'redis://[::1]', 'unix:///a', 'rediss://h']
    expect(near.filter(isPrivateUrl)).toEqual(near)
    const far = ['redis://h', 'redis-cluster://127.0.0.1:1,10.0.0.1:1', 'redis://127.0.0.1.example.com']
    expect(far.filter(isPrivateUrl)).toEqual([])
  })
})
