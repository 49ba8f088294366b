/**
 * The part of Standard Schema (https://standardschema.dev, version 1) that is used here: what zod, valibot and arktype
 * schemas all offer under `~standard`.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type Validated<Output> =
  | { readonly ok: true; readonly value: Output }
  /** `fields` name the places, `message` says what is wrong there; neither quotes the payload. */
  | { readonly ok: false; readonly message: string; readonly fields: readonly string[] }

const ISSUES_SHOWN = 5

function pathOf(issue: SchemaIssue): string {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  return keys.length > 0 ? keys.join('.') : 'payload'
}

function verdict<Output>(result: SchemaResult<Output>): Validated<Output> {
  if (result.issues === undefined) return { ok: true, value: result.value }
  const shown = result.issues.slice(0, ISSUES_SHOWN).map((issue) => `${pathOf(issue)}: ${issue.message}`)
  const more = result.issues.length - shown.length
  if (more > 0) shown.push(`and ${more} more`)
  return { ok: false, message: shown.join('; '), fields: result.issues.map(pathOf) }
}

/**
 * Validates a value, at once when the schema can, so that the common case costs no turn of the event loop.
 * What a schema throws passes through: it is a fault of the schema, not of the value.
 */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Validated<Output> | Promise<Validated<Output>> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(verdict) : verdict(result)
}

export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard: unknown = Reflect.get(value, '~standard')
  return typeof standard === 'object' && standard !== null && typeof Reflect.get(standard, 'validate') === 'function'
}
