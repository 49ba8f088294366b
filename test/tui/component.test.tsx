import { COLOUR_LEVEL } from './harness/colours.ts'
import { stripVTControlCharacters } from 'node:util'
import { cleanup, render } from 'ink-testing-library'
import { afterEach, describe, expect, it } from 'vitest'
import { COLOURS, MONO, type Theme } from '../../src/tui/components/theme.ts'
import { Screen } from '../../src/tui/components/Screen.tsx'
import type { Frame } from '../../src/tui/app/frame.ts'
import { type Line, line, span, underCursor } from '../../src/tui/text/line.ts'
import { safeLine, say } from '../../src/tui/text/safe.ts'
import { until } from '../helpers/until.ts'

afterEach(cleanup)

const frameOf = (...lines: Line[]): Frame => ({ columns: 40, rows: lines.length, lines })

interface Given {
  readonly frame: Frame
  readonly theme?: Theme
  readonly isAscii?: boolean
}

function show({ frame, theme = MONO, isAscii = false }: Given) {
  const heard: string[][] = []
  const pasted: string[] = []
  let now = frame
  let changed = (): void => {}
  const screen = render(
    <Screen
      frame={() => now}
      subscribe={(listener) => {
        changed = listener
        return () => {}
      }}
      onKeys={(keys) => heard.push([...keys])}
      onPaste={(text) => pasted.push(text)}
      onMount={() => {}}
      theme={theme}
      isAscii={isAscii}
    />,
  )
  const publish = (next: Frame): void => {
    now = next
    changed()
  }
  return { ...screen, heard, pasted, publish }
}

describe('the screen component', () => {
  it('draws one row for each line', () => {
    const { lastFrame } = show({ frame: frameOf(line(say`first`), line(), line(span(say`last`, 'bad'))) })
    expect(stripVTControlCharacters(lastFrame() ?? '')).toBe('first\n\nlast')
  })

  it('draws the next frame when there is one', async () => {
    const { lastFrame, publish } = show({ frame: frameOf(line(say`before`)) })
    publish(frameOf(line(say`after`)))
    await until(() => lastFrame() === 'after')
    expect(lastFrame()).toBe('after')
  })

  it('shows tones in colour, or by weight alone, and the cursor inverse in both', () => {
    expect(COLOUR_LEVEL).toBe('1')
    const frame = frameOf(line(span(say`wrong`, 'bad')), underCursor(line(say`here`), 6))
    const [wrong, here] = show({ frame, theme: COLOURS }).lastFrame()!.split('\n')
    expect(wrong).toContain('\x1b[31m')
    expect(here).toContain('\x1b[7m')
    const [plain, still] = show({ frame, theme: MONO }).lastFrame()!.split('\n')
    expect(plain).not.toContain('\x1b[31m')
    expect(still).toContain('\x1b[7m')
  })

  it('replaces what ASCII does not have', () => {
    const { lastFrame } = show({ frame: frameOf(line(say`─ ▁█ …`, safeLine(' 宛先'))), isAscii: true })
    expect(lastFrame()).toBe('- _# ~ ????')
  })

  it('hands on the keys of a burst one by one, and pasted text apart from them', async () => {
    const { stdin, heard, pasted } = show({ frame: frameOf(line(say`x`)) })
    stdin.write('jj\r')
    stdin.write('\x1b[A')
    stdin.write('\x1b[200~dd\x1b[201~')
    await until(() => pasted.length === 1)
    expect(heard).toEqual([['j', 'j', 'Enter'], ['Up']])
    expect(pasted).toEqual(['dd'])
  })
})
