import { say } from '../text/safe.ts'
import type { Binding } from './binding.ts'

export const TEXT_BINDINGS: readonly Binding[] = [
  {
    keys: ['j', 'Down', 'k', 'Up'],
    shows: say`j/k`,
    hint: say`scroll`,
    help: say`one line down or up, as the arrows do`,
    run: (_scene, key) => ({ scroll: (at) => at + (key === 'j' || key === 'Down' ? 1 : -1) }),
  },
  {
    keys: ['g', 'Home', 'G', 'End'],
    shows: say`g G`,
    help: say`the beginning or the end, as Home and End do`,
    run: (_scene, key) => ({ scroll: () => (key === 'g' || key === 'Home' ? 0 : Number.MAX_SAFE_INTEGER) }),
  },
  {
    keys: ['C-d', 'C-u'],
    shows: say`Ctrl-d/u`,
    help: say`half a page down or up`,
    run: (_scene, key) => ({ scroll: (at, page) => at + Math.floor(page / 2) * (key === 'C-d' ? 1 : -1) }),
  },
  {
    keys: ['C-f', 'PageDown', ' ', 'C-b', 'PageUp'],
    shows: say`PgDn PgUp`,
    help: say`a page down or up, as Ctrl-f, Space and Ctrl-b do`,
    run: (_scene, key) => ({ scroll: (at, page) => at + page * (key === 'C-b' || key === 'PageUp' ? -1 : 1) }),
  },
]
