import { Canvas, type CanvasStyle } from '../../../src/tui/app/canvas.tsx'
import type { Frame } from '../../../src/tui/app/frame.ts'
import { FrameOutput } from '../../../src/tui/tty/stdout.ts'
import { FakeTerminal } from './terminal.ts'

/** The rows of a terminal: what stands in them, and in which style. */
export const rowsOf = (terminal: FakeTerminal): readonly string[] =>
  terminal.lines().map((text, y) => `${text.trimEnd()}\t${terminal.styles(y).replace(/\.+$/, '')}`)

const nothing = (): void => {}

/** The same frame on a new terminal that never showed another one, drawn whole. */
export async function paintedAnew(
  frame: Frame,
  { hasColours, isAscii }: Pick<CanvasStyle, 'hasColours' | 'isAscii'>,
): Promise<readonly string[]> {
  const terminal = new FakeTerminal(frame.columns, frame.rows)
  const canvas = new Canvas({
    terminal: { ...terminal.streams, stdout: new FrameOutput(terminal.streams.stdout).asStream() },
    hasColours,
    isAscii,
    isIncremental: false,
    catchesPrints: false,
    maxFps: 1000,
    frame: () => frame,
    subscribe: () => nothing,
    onKeys: nothing,
    onPaste: nothing,
  })
  await canvas.flushed()
  await terminal.drawn()
  const rows = rowsOf(terminal)
  canvas.close()
  await canvas.closed()
  return rows
}
