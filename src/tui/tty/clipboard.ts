/** Terminals take no longer sequences than this, in base64; tmux and xterm are the strictest. */
export const CLIPBOARD_CAP = 74_994

type Env = Readonly<Record<string, string | undefined>>

/** screen passes on no longer pieces. */
const SCREEN_PIECE = 76

/**
 * What puts a text into the clipboard of the terminal, over SSH too (OSC 52), wrapped so that tmux and screen pass it on.
 * Undefined when it is too long, or the terminal is one that has no clipboard.
 */
export function clipboardSequence(text: string, env: Env): string | undefined {
  const encoded = Buffer.from(text).toString('base64')
  if (encoded.length > CLIPBOARD_CAP || env['TERM'] === 'linux' || env['TERM'] === 'dumb') return undefined
  const plain = `\x1b]52;c;${encoded}\x07`
  // tmux takes the plain one where it may set the clipboard, and passes on the other where that is allowed.
  if ((env['TMUX'] ?? '') !== '') return `${plain}\x1bPtmux;\x1b${plain}\x1b\\`
  if ((env['STY'] ?? '') === '') return plain
  const pieces = plain.match(new RegExp(`[\\s\\S]{1,${SCREEN_PIECE}}`, 'g')) ?? []
  return pieces.map((piece) => `\x1bP${piece}\x1b\\`).join('')
}
