import { DqError } from './errors.ts'

/**
 * Refuses an option that there is not: one that is misspelt, or meant for another library, would mean the default in silence.
 * @throws DqError `invalid_input`, naming it and those there are.
 */
export function refuseUnknown(whose: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given))
    if (!known.includes(key))
      throw new DqError('invalid_input', `${whose}: there is no option ${key}; there are ${known.join(', ')}`, {
        details: [key],
      })
}

/** The names of all options of a type, none forgotten. */
export const namesOf = <Options>(all: Readonly<Record<keyof Options, true>>): readonly string[] => Object.keys(all)
