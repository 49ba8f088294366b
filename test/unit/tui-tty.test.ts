import { EventEmitter } from 'node:events'
import type { WriteStream } from 'node:tty'
import { describe, expect, it } from 'vitest'
import { Pump } from '../../src/tui/tty/pump.ts'
import { FrameOutput } from '../../src/tui/tty/stdout.ts'
import { until } from '../helpers/until.ts'

/** A link that takes nothing until it is told to. */
function stalledLink() {
  let release = (): void => {}
  let state = 0
  const published: number[] = []
  const pump = new Pump<number>({
    draw: () => state,
    flushed: () => new Promise((resolve) => (release = resolve)),
    restMs: 1,
  })
  pump.subscribe(() => published.push(pump.frame()))
  const change = (to: number): void => {
    state = to
    pump.touch()
  }
  return { pump, published, change, release: () => release() }
}

describe('frames', () => {
  it('do not pile up on a stalled link, and the first one afterwards is of now', async () => {
    const { pump, published, change, release } = stalledLink()
    for (let i = 1; i <= 40; i++) change(i)
    expect(published).toEqual([1])
    release()
    await until(() => published.length === 2)
    expect(published).toEqual([1, 40])
    release()
    await until(() => pump.isIdle)
    expect(published).toEqual([1, 40])
  })

  it('are not published when they are the same', () => {
    const { pump, published, change } = stalledLink()
    change(0)
    expect(published).toEqual([])
    expect(pump.isIdle).toBe(true)
  })

  it('do not wait when the terminal is another one', () => {
    const { pump, published, change } = stalledLink()
    change(1)
    change(2)
    pump.now()
    expect(published).toEqual([1, 2])
  })
})

class Recorder extends EventEmitter {
  readonly writes: string[] = []
  readonly blocking: boolean[] = []
  readonly _handle = { setBlocking: (on: boolean) => void this.blocking.push(on) }
  columns = 80
  rows = 24
  write(text: string, done?: () => void): boolean {
    this.writes.push(text)
    done?.()
    return true
  }
}

describe('standard output', () => {
  const open = () => {
    const recorder = new Recorder()
    return { recorder, out: new FrameOutput(recorder as unknown as WriteStream) }
  }

  it('gets each frame in one write', () => {
    const { recorder, out } = open()
    for (const part of ['\x1b[?2026h', 'the frame', '\x1b[?2026l', 'apart']) out.write(part)
    expect(recorder.writes).toEqual(['\x1b[?2026hthe frame\x1b[?2026l', 'apart'])
  })

  it('is left at once, whatever frame is half written', () => {
    const { recorder, out } = open()
    out.write('\x1b[?2026h')
    out.write('half')
    out.write('\x1b[?1049l')
    expect(recorder.writes.join('')).toBe('\x1b[?2026hhalf\x1b[?7h\x1b[?1049l')
  })

  it('wraps no line while the console draws, and does again afterwards', () => {
    const { recorder, out } = open()
    out.write('\x1b[?1049h')
    out.write('\x1b[?1049l')
    expect(recorder.writes).toEqual(['\x1b[?1049h\x1b[?7l', '\x1b[?7h\x1b[?1049l'])
  })

  it('never blocks the process meanwhile, and passes on resizes until it is released', () => {
    const { recorder, out } = open()
    let resizes = 0
    out.on('resize', () => resizes++)
    recorder.emit('resize')
    out.release()
    recorder.emit('resize')
    expect(resizes).toBe(1)
    expect(recorder.blocking).toEqual([false, true])
  })
})
