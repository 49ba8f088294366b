import { STATES, TRANSITIONS } from '../../src/core/states.ts'

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

const stateTable = (): string =>
  [
    '| state | kept in | final | meaning |',
    '|---|---|---|---|',
    ...Object.entries(STATES).map(
      ([name, { place, final, meaning }]) => `| \`${name}\` | \`${place}\` | ${final ? 'yes' : ''} | ${meaning} |`,
    ),
  ].join('\n')

const transitionTable = (): string =>
  [
    '| verb | from | to |',
    '|---|---|---|',
    ...TRANSITIONS.map(({ verb, from, to }) => `| \`${verb}\` | ${code(from)} | ${code(to)} |`),
  ].join('\n')

/** A picture of the moves that change the state, for whoever renders Mermaid. */
function diagram(): string {
  const nameOf = (place: string): string => (place === 'none' || place === 'gone' ? '[*]' : place)
  const edges = TRANSITIONS.flatMap(({ verb, from, to }) =>
    from.flatMap((a) => to.flatMap((b) => ((a as string) === b ? [] : [`  ${nameOf(a)} --> ${nameOf(b)}: ${verb}`]))),
  )
  return ['```mermaid', 'stateDiagram-v2', ...edges, '```'].join('\n')
}

/** The generated parts of docs/STATES.md. */
export const statesParts = (): Record<string, string> => ({
  states: stateTable(),
  transitions: transitionTable(),
  diagram: diagram(),
})
