import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { DQ_TOP, type Tmux, aTerminal } from './harness/tmux.ts'

let server: RedisServer

beforeEach(async () => {
  server = await startRedis()
  const client = new Client({ redisUrl: server.url })
  onTestFinished(async () => {
    await client.close()
    await server.stop()
  })
  await client.enqueueMany([{ type: 'email.send', queue: 'mail', payload: { to: '宛先' } }])
  await client.operator.pause('mail')
})

async function run(settings: string, options = ''): Promise<Tmux> {
  const top = await aTerminal(80, 24)
  top.type(`${settings} ${DQ_TOP} --redis-url ${server.url} ${options}\n`)
  return top
}

/** The numbers of all styles that are on the screen. */
function stylesOf(screen: string): ReadonlySet<number> {
  const [, ...parts] = screen.split('\x1b[')
  return new Set(parts.flatMap((part) => part.slice(0, part.indexOf('m')).split(';').map(Number)))
}

/** Bold, dim, underlined, inverse; red, green, magenta, cyan; and the colours of the terminal itself. */
const STYLES = new Set([0, 1, 2, 4, 7, 22, 24, 27, 31, 32, 35, 36, 39, 49])
const isColour = (style: number): boolean => style >= 30 && style !== 39 && style !== 49

describe('the built console', { timeout: 60_000 }, () => {
  it.each(['xterm', 'xterm-256color', 'screen', 'screen-256color', 'tmux-256color', 'vt100', 'unheard-of'])(
    'works with TERM=%s, in the 16 colours of its palette, and leaves it as it was',
    async (term) => {
      const top = await run(`TERM=${term}`)
      await top.shows('Health')
      top.keys('2')
      await top.shows(/>mail +PAUSED/)
      const styles = stylesOf(top.styled())
      expect([...styles].filter((style) => !STYLES.has(style))).toEqual([])
      expect([...styles].some(isColour)).toBe(true)
      expect(top.modes()).toBe('1 0')
      top.keys('q')
      await top.atPrompt()
    },
  )

  it.each([
    ['TERM=linux', ''],
    ['LANG=C', ''],
    ['', '--ascii'],
  ])('draws in ASCII with %s %s', async (settings, options) => {
    const top = await run(settings, options)
    await top.shows('Health')
    for (const [key, sign] of [
      ['1', 'Throughput'],
      ['2', /mail +PAUSED/],
      ['3', 'No task is running'],
      ['4', 'The DLQ is empty'],
      ['?', 'Help'],
    ] as const) {
      top.keys(key)
      expect(await top.shows(sign)).toMatch(/^[\x20-\x7e\n]*$/)
    }
  })

  it.each([
    ['NO_COLOR=1', ''],
    ['', '--color never'],
  ])('tells rows apart without colours with %s %s', async (settings, options) => {
    const top = await run(settings, options)
    await top.shows('Health')
    top.keys('2')
    await top.shows(/>mail +PAUSED/)
    const styles = stylesOf(top.styled())
    expect([...styles].filter(isColour)).toEqual([])
    expect(styles).toContain(7)
  })

  it('prints the overview as text where a terminal cannot move its cursor', async () => {
    const top = await run('TERM=dumb')
    await top.shows(/mail is paused[^]*shell> *$/)
    expect(top.modes()).toBe('0 1')
  })
})
