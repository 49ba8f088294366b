import { z } from 'zod'

type Json = Readonly<Record<string, unknown>>

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >
}

/** The part of an OpenAPI document that says what is answered. */
export interface AnswersDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Json; readonly responses: Readonly<Record<string, unknown>> }
}

export interface Answer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly contentType: string
  readonly text: string
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)

/** What an OpenAPI document says of answers, against what was answered. */
export class DocumentedAnswers {
  /** `GET /v1/tasks 200`: everything that is documented beside errors. */
  readonly all: readonly string[]
  /** Those of them that were looked at. */
  readonly seen = new Set<string>()
  readonly #document: AnswersDocument
  readonly #types = new Map<string, z.ZodType>()
  readonly #error: z.ZodType

  constructor(document: AnswersDocument) {
    this.#document = document
    this.#error = this.#typeOf({ $ref: '#/components/schemas/Error' })
    this.all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).flatMap((status) =>
          status === 'default' ? [] : [`${method.toUpperCase()} ${path} ${status}`],
        ),
      ),
    )
  }

  #typeOf(schema: Json): z.ZodType {
    const whole = { ...schema, $defs: this.#document.components.schemas }
    const moved = JSON.stringify(whole).replaceAll('"#/components/schemas/', '"#/$defs/')
    return z.fromJSONSchema(JSON.parse(moved) as Parameters<typeof z.fromJSONSchema>[0])
  }

  /** The path as it is documented: one that is written out goes before one with a place for anything. */
  #pathOf(method: string, path: string): string | undefined {
    const { paths } = this.#document
    const fits = Object.keys(paths).filter((one) => method in paths[one]! && patternOf(one).test(path))
    return fits.find((one) => !one.includes('{')) ?? fits[0]
  }

  /** In words what is not as it is documented; undefined when everything is. */
  problemOf({ method, path, status, contentType, text }: Answer): string | undefined {
    const verb = method.toLowerCase()
    const documented = this.#pathOf(verb, path.split('?')[0]!)
    const name = `${method} ${documented} ${status}`
    const operation = documented === undefined ? undefined : this.#document.paths[documented]![verb]!
    const content = operation?.responses[String(status)]?.content
    if (content === undefined)
      return status < 400 ? `${name}: this status is not documented` : this.errorProblem(contentType, text)
    const type = contentType.split(';')[0]!
    const schema = content[type]?.schema
    if (schema === undefined) return `${name}: ${type} is not documented`
    this.seen.add(name)
    let reply = this.#types.get(name)
    if (reply === undefined) this.#types.set(name, (reply = this.#typeOf(schema)))
    const read = reply.safeParse(type === 'application/json' ? JSON.parse(text) : text)
    return read.success ? undefined : `${name}: ${z.prettifyError(read.error)} in ${text.slice(0, 500)}`
  }

  /** The same of an answer that says no. */
  errorProblem(contentType: string, text: string): string | undefined {
    if (!contentType.startsWith('application/json'))
      return `an error is ${contentType || 'nothing'}: ${text.slice(0, 200)}`
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return `an error is no JSON: ${text.slice(0, 200)}`
    }
    return this.#error.safeParse(json).success ? undefined : `an error has another shape: ${text.slice(0, 300)}`
  }
}
