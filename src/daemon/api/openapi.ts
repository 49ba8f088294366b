import { z } from 'zod'
import { VERSION } from '../../core/version.ts'
import type { Route } from './route.ts'

type Json = Readonly<Record<string, unknown>>

const ERROR = { $ref: '#/components/responses/Error' }

/** What somebody has to send, in JSON Schema; what it begins with in a document is said by `at`. */
function schemaOf(type: z.ZodType, at: string): Json {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' })
  const moved = JSON.stringify(schema).replaceAll(/"\$ref":"#([^"]*)"/g, (_, rest) => `"$ref":"${at}${rest}"`)
  return JSON.parse(moved) as Json
}

const pathOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

/** `POST /v1/tasks/:id/run` is `postV1TasksIdRun`. */
const operationIdOf = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .split(/\W+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

function queryParameters({ query, example }: Route): Json[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schemaOf(query, '#') as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => {
    const value = example?.query?.[name]
    // With a default it may be left out, whatever the schema of what comes out of it says.
    const isRequired = required.includes(name) && !('default' in schema)
    return { name, in: 'query', required: isRequired, schema, ...(value === undefined ? {} : { example: value }) }
  })
}

function parametersOf(route: Route): Json[] {
  const { path, example, idempotent, needs } = route
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const value = example?.params?.[name]
    const schema = { type: 'string' }
    return { name, in: 'path', required: true, schema, ...(value === undefined ? {} : { example: value }) }
  })
  const header = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same as `idempotency_key` in the body.',
    schema: { type: 'string', minLength: 1, maxLength: 512 },
  }
  const trace = {
    name: 'traceparent',
    in: 'header',
    required: false,
    description: 'W3C trace context that the tasks continue.',
    schema: { type: 'string' },
  }
  return [
    ...inPath,
    ...queryParameters(route),
    ...(idempotent ? [header] : []),
    ...(needs === 'producer' ? [trace] : []),
  ]
}

const accessOf = ({ needs }: Route): Json =>
  needs === 'nothing' ? { security: [] } : { description: `Takes a key of the role \`${needs}\`, or \`admin\`.` }

function operationOf(route: Route): Json {
  const { about, answers, body, example, status = 200, text } = route
  const id = operationIdOf(route)
  const content = {
    schema: { $ref: `#/components/schemas/${id}` },
    ...(example?.body === undefined ? {} : { example: example.body }),
  }
  const type = text ? 'text/plain' : 'application/json'
  return {
    operationId: id,
    summary: about,
    ...accessOf(route),
    parameters: parametersOf(route),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': content } } }),
    responses: { [status]: { description: answers, content: { [type]: { schema: {} } } }, default: ERROR },
  }
}

const ERROR_SCHEMA: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'a word that stays the same' },
        message: { type: 'string' },
        details: { type: 'array', items: { type: 'string' }, description: 'the fields it is about' },
      },
    },
  },
}

/** The description of the API, OpenAPI 3.1, made of the rows and schemas that serve it. */
export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  const schemas: Record<string, Json> = { Error: ERROR_SCHEMA }
  for (const route of routes) {
    const path = (paths[pathOf(route.path)] ??= {})
    path[route.method.toLowerCase()] = operationOf(route)
    const id = operationIdOf(route)
    if (route.body !== undefined) schemas[id] = schemaOf(route.body, `#/components/schemas/${id}`)
  }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return {
    openapi: '3.1.0',
    info: { title: 'DistributedQ', version: VERSION, description: 'The HTTP API of dq-daemon.' },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { bearer: [] }],
    paths,
    components: {
      schemas,
      responses: { Error: { description: 'What went wrong, and what mends it.', content } },
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}
