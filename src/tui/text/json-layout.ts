import { jsonProblem } from '../../core/json-problem.ts'
import { visibleJsonText } from '../../core/visible.ts'

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g
const INDENT = '  '

/**
 * A JSON text over several lines, to be edited. Made from the text, not from what it means: the digits of a number stay as
 * they were written. What is no JSON is left as it is, and what an editor would not show is escaped.
 */
export function laidOut(json: string): string {
  if (jsonProblem(json) !== undefined) return visibleJsonText(json)
  let [out, depth, before] = ['', 0, '']
  const newLine = (): string => `\n${INDENT.repeat(depth)}`
  for (const [token] of json.matchAll(TOKENS)) {
    const isOpening = before === '{' || before === '['
    if (token === '}' || token === ']') {
      depth--
      out += isOpening ? token : newLine() + token
    } else {
      out += isOpening || before === ',' ? newLine() + token : token
      if (token === '{' || token === '[') depth++
      if (token === ':') out += ' '
    }
    before = token
  }
  return visibleJsonText(`${out}\n`)
}
