import { Box, type SuspendTerminal, Text, useApp, useInput, usePaste } from 'ink'
import { type ReactElement, memo, useEffect, useSyncExternalStore } from 'react'
import type { Frame } from '../app/frame.ts'
import { keyNames } from '../tty/keys.ts'
import { toAscii } from '../text/ascii.ts'
import type { Line } from '../text/line.ts'
import type { Theme } from './theme.ts'

interface RowProps {
  readonly line: Line
  readonly theme: Theme
  readonly isAscii: boolean
}

/** One text a row: its cells are already cut and filled. Drawn anew only when the line is another one. */
const Row = memo(function Row({ line, theme, isAscii }: RowProps): ReactElement {
  const spans = line.spans.map(({ text, tone }, at) => (
    // Spans have no identity but their place.
    <Text key={at} {...theme[tone]}>
      {isAscii ? toAscii(text) : text}
    </Text>
  ))
  return (
    <Text wrap="truncate" inverse={line.isCursor}>
      {spans.length === 0 ? ' ' : spans}
    </Text>
  )
})

export interface ScreenProps {
  readonly frame: () => Frame
  readonly subscribe: (listener: () => void) => () => void
  /** All keys of one burst of input, in order. */
  readonly onKeys: (keys: readonly string[]) => void
  readonly onPaste: (text: string) => void
  /** Hands out how to lend the terminal to somebody else for a while. */
  readonly onMount: (suspend: SuspendTerminal) => void
  readonly theme: Theme
  readonly isAscii: boolean
}

/** The whole screen, and the only place that listens to the keyboard. */
export function Screen({ frame, subscribe, onKeys, onPaste, onMount, theme, isAscii }: ScreenProps): ReactElement {
  const { columns, rows, lines } = useSyncExternalStore(subscribe, frame)
  const { suspendTerminal } = useApp()
  useEffect(() => onMount(suspendTerminal), [onMount, suspendTerminal])
  useInput((input, key) => onKeys(keyNames(input, key)))
  // Always listened to: this is what keeps pasted text from arriving as keys.
  usePaste(onPaste)
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {lines.map((line, at) => (
        <Row key={at} line={line} theme={theme} isAscii={isAscii} />
      ))}
    </Box>
  )
}
