import { COMMANDS } from '../../../src/tui/keys/commands.ts'
import { sectionsFor } from '../../../src/tui/keys/registry.ts'
import { sceneOf } from '../../../src/tui/state/scene.ts'
import type { State } from '../../../src/tui/state/state.ts'
import type { Choices } from '../../chaos/lib/choices.ts'

/** One thing that happens to the console. */
export type Input =
  /** Bytes of the keyboard, all of them at once. `key` is set when they are one key by its name. */
  | { readonly kind: 'keys'; readonly raw: string; readonly key?: string }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** A reading, as after the interval. */
  | { readonly kind: 'read' }
  /** Others enqueue, hold and bury tasks. */
  | { readonly kind: 'stir' }
  /** The console's clock goes so far before, or behind, Redis's. */
  | { readonly kind: 'clock'; readonly offsetMs: number }

const RAW: Readonly<Record<string, string>> = {
  Enter: '\r',
  Esc: '\x1b',
  Tab: '\t',
  'S-Tab': '\x1b[Z',
  Backspace: '\x7f',
  Delete: '\x1b[3~',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  Home: '\x1b[H',
  End: '\x1b[F',
  PageUp: '\x1b[5~',
  PageDown: '\x1b[6~',
}

const rawOf = (name: string): string =>
  RAW[name] ?? (/^C-[a-z]$/.test(name) ? String.fromCharCode(name.charCodeAt(2) - 0x60) : name)

/** What terminals, mice and broken lines send: nothing of it is a key of ours, and some of it looks like one. */
const NOISE = [
  '\x1b[<0;10;5M',
  '\x1b[<35;120;40m',
  '\x1b[M !!',
  '\x1b[M\x20\x7f\x7f',
  '\x1b[I',
  '\x1b[O',
  '\x1b[24;80R',
  '\x1b[?62;1;4c',
  '\x1b[?0u',
  '\x1b[97;5u',
  '\x1b]11;rgb:0000/0000/0000\x07',
  '\x1bP1$r0m\x1b\\',
  '\x1b[1;5A',
  '\x1b\x1b[A',
  '\x1bOP',
  '\x1b[[A',
  '\x1b[99999999999999~',
  '\x1b[;;;;;~',
  '\x1b[',
  '\x1bO',
  '\x1b\x1b',
  '\x9b5~',
  '\0\x01\x02\x1c\x1d\x1e\x1f',
  '\ufffd\ufffd',
  'é日本👩\u200d💻',
  '\u202e\u200b',
] as const

const WORDS = [
  'type:email.send',
  'queue:mail,photos',
  'err~"timeout|421"',
  'age<1h',
  'attempts>=3',
  'payload.note:x',
  '!queue:default',
  'state:dead',
  '"',
  'err~',
  'timeout',
  '日本',
  'default',
  'mail',
  'wrk-idle',
  'all',
  '5s',
] as const

const SIZES = [
  [80, 24],
  [120, 32],
  [60, 15],
  [59, 15],
  [60, 14],
  [20, 5],
  [300, 80],
] as const

/** Another clock for some seconds or minutes, and back. */
const OFFSETS_MS = [0, 0, 0, 12_000, 360_000, -5_000] as const

const pick = <T>({ below }: Choices, list: readonly T[]): T => list[below(list.length)]!

const PRINTABLE = Array.from({ length: 95 }, (_, at) => String.fromCharCode(0x20 + at))

const text = (choices: Choices, most: number): string =>
  Array.from({ length: 1 + choices.below(most) }, () => pick(choices, PRINTABLE)).join('')

const some = (choices: Choices, list: readonly string[], most: number): string =>
  Array.from({ length: choices.below(most) }, () => ` ${pick(choices, list)}`).join('')

/** A key that means something where the console is, or somewhere. */
function key(choices: Choices, state: State): Input {
  const names = sectionsFor(sceneOf(state)).flatMap(({ bindings }) => bindings.flatMap(({ keys }) => keys))
  const chosen = choices.below(5) === 0 ? pick(choices, Object.keys(RAW)) : pick(choices, names)
  return { kind: 'keys', raw: rawOf(chosen), key: chosen }
}

/** What a line that is being typed is given: words it knows, words it does not, and the end. */
function typing(choices: Choices): Input {
  const word = pick(choices, [...WORDS, ...COMMANDS.map(({ name }) => name)])
  switch (choices.below(4)) {
    case 0:
      return { kind: 'keys', raw: `${word}${some(choices, WORDS, 3)}\r` }
    case 1:
      return { kind: 'keys', raw: word }
    case 2:
      return { kind: 'keys', raw: '\x15' }
    default: {
      const chosen = pick(choices, Object.keys(RAW))
      return { kind: 'keys', raw: rawOf(chosen), key: chosen }
    }
  }
}

/** The right answer to a question, more often than chance would give it. */
function answer(choices: Choices, phrase: string | undefined): Input {
  switch (choices.below(5)) {
    case 0:
      return { kind: 'keys', raw: pick(choices, ['s', 'd', 'n', '\r', '\x1b', '\x15']) }
    case 1:
      return { kind: 'keys', raw: text(choices, 6) }
    default:
      return { kind: 'keys', raw: phrase === undefined ? 'y' : `\x15${phrase}\r` }
  }
}

function paste(choices: Choices): Input {
  const inside = choices.below(2) === 0 ? pick(choices, NOISE) : text(choices, 200)
  return { kind: 'keys', raw: `\x1b[200~${inside}\n${pick(choices, WORDS)}\x1b[201~` }
}

function resize(choices: Choices): Input {
  if (choices.below(2) === 0) {
    const [columns, rows] = pick(choices, SIZES)
    return { kind: 'resize', columns, rows }
  }
  return { kind: 'resize', columns: choices.between(20, 300), rows: choices.between(5, 80) }
}

const burst = (choices: Choices, state: State): Input => ({
  kind: 'keys',
  raw: Array.from({ length: 2 + choices.below(6) }, () => key(choices, state))
    .map((input) => (input.kind === 'keys' ? input.raw : ''))
    .join(''),
})

/** What happens next, by chance and by what the console shows. */
export function nextInput(choices: Choices, state: State): Input {
  const { dialog, prompt } = state.ui
  const dice = choices.below(100)
  if (dialog !== undefined && dice < 60) return answer(choices, dialog.plan.phrase)
  if (prompt !== undefined && dice < 60) return typing(choices)
  if (dice < 62) return key(choices, state)
  if (dice < 70) return burst(choices, state)
  if (dice < 76) return { kind: 'keys', raw: pick(choices, NOISE) }
  if (dice < 79) return { kind: 'keys', raw: text(choices, 12) }
  if (dice < 82) return paste(choices)
  if (dice < 92) return resize(choices)
  if (dice < 95) return { kind: 'read' }
  if (dice < 98) return { kind: 'stir' }
  return { kind: 'clock', offsetMs: pick(choices, OFFSETS_MS) }
}

/** Ends in the middle of what may be a sequence: Ink waits a little for the rest of it. */
// oxlint-disable-next-line no-control-regex -- keyboards send them
export const isUnfinished = (raw: string): boolean => /\x1b\x1b?(?:\[[\x20-\x3f[]*|O[0-9;]*)?$/.test(raw)

export const shown = (input: Input): string =>
  JSON.stringify(input.kind === 'keys' ? input.raw : input).replaceAll('\x7f', '\\u007f')
