import { visible as shownLine } from '../core/visible.ts'

/** Text from outside for a log or a message: its lines, at most so much of them. */
export const visible = (text: string, maxChars = 2_000): string =>
  (text.length > maxChars ? `${text.slice(0, maxChars)}…` : text).split('\n').map(shownLine).join('\n')
