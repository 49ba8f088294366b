import type { OptionRow } from '../args.ts'
import { PRIORITIES } from '../../core/priority.ts'

/** Options that several commands share. */
export const QUEUE: OptionRow = { about: 'only this queue', value: 'name' }
export const TYPE: OptionRow = { about: 'only tasks of this type', value: 'name' }
export const LIMIT: OptionRow = { about: 'at most so many rows, 20 unless told', value: 'number' }
export const CURSOR: OptionRow = { about: 'go on where the last page ended', value: 'text' }
export const PRIORITY: OptionRow = { about: 'how urgent it is', value: PRIORITIES.join('|') }

export const LIMIT_MAX = 10_000
export const LIMIT_DEFAULT = 20
