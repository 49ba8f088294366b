/** Where a text stops to be JSON, counted from 1, and what is wrong there. */
export interface JsonProblem {
  readonly line: number
  readonly column: number
  readonly text: string
}

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.\w])|(?:true|false|null)(?!\w)|$)/y

type Awaited = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'more' | 'end'

const WANTED: Readonly<Record<Awaited, string>> = {
  value: 'expected a value',
  'value or ]': 'expected a value or ]',
  name: 'expected a name in double quotes',
  'name or }': 'expected a name in double quotes or }',
  colon: 'expected a :',
  more: 'expected a comma or the closing bracket',
  end: 'expected the end',
}

/** Reads a JSON text token by token: what is open, and what may stand next. */
class Reader {
  readonly #open: ('{' | '[')[] = []
  #awaited: Awaited = 'value'

  get wanted(): string {
    return WANTED[this.#awaited]
  }

  /** Whether the token may stand here. `''` is the end. */
  takes(sign: string, isText: boolean): boolean {
    const inside = this.#open.at(-1)
    switch (this.#awaited) {
      case 'name or }':
        if (sign === '}') return this.#close()
        return isText && this.#await('colon')
      case 'name':
        return isText && this.#await('colon')
      case 'colon':
        return sign === ':' && this.#await('value')
      case 'more':
        if (sign === ',') return this.#await(inside === '{' ? 'name' : 'value')
        return sign === (inside === '{' ? '}' : ']') && this.#close()
      case 'end':
        return sign === ''
      case 'value or ]':
        return sign === ']' ? this.#close() : this.#takesValue(sign)
      case 'value':
        return this.#takesValue(sign)
    }
  }

  #takesValue(sign: string): boolean {
    if (sign === '{' || sign === '[') {
      this.#open.push(sign)
      return this.#await(sign === '{' ? 'name or }' : 'value or ]')
    }
    return sign === 'value' && this.#afterValue()
  }

  #await(next: Awaited): true {
    this.#awaited = next
    return true
  }

  #afterValue(): true {
    return this.#await(this.#open.length === 0 ? 'end' : 'more')
  }

  #close(): true {
    this.#open.pop()
    return this.#afterValue()
  }
}

const placed = (text: string, at: number, why: string): JsonProblem => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1, text: why }
}

const BLANK = /[ \t\n\r]*/y

/** What is wrong with a text that is to be JSON; undefined: nothing. `JSON.parse` does not always tell the place. */
export function jsonProblem(text: string): JsonProblem | undefined {
  const reader = new Reader()
  for (let at = 0; ;) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    BLANK.lastIndex = at
    const start = at + BLANK.exec(text)![0].length
    if (found === null) return placed(text, start, text[start] === '"' ? 'a string that does not end' : reader.wanted)
    const isEnd = start === text.length
    const sign = isEnd ? '' : (found[1] ?? 'value')
    if (!reader.takes(sign, found[2] !== undefined)) return placed(text, start, reader.wanted)
    if (isEnd) return undefined
    at = TOKEN.lastIndex
  }
}
