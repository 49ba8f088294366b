import type { TextProps } from 'ink'
import type { Tone } from '../text/line.ts'

/** How each tone looks. The 16 names follow the terminal's own palette; none of these vanishes on white or on black. */
export type Theme = Readonly<Record<Tone, TextProps>>

export const COLOURS: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  good: { color: 'green' },
  warn: { color: 'magenta', bold: true },
  bad: { color: 'red', bold: true },
  accent: { color: 'cyan' },
  key: { bold: true },
  here: { bold: true, underline: true },
}

/** Without colours: bold, underline and inverse still tell rows apart, and signs and words everything else. */
export const MONO: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  good: {},
  warn: { bold: true },
  bad: { bold: true },
  accent: {},
  key: { bold: true },
  here: { bold: true, underline: true },
}
