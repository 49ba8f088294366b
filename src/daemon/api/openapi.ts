import { z } from 'zod'
import { VERSION } from '../../core/version.ts'
import { errorReply } from './replies.ts'
import type { Route } from './route.ts'

type Json = Readonly<Record<string, unknown>>

const ERROR = { $ref: '#/components/responses/Error' }

/** What somebody has to send, in JSON Schema; what it begins with in a document is said by `at`. */
function schemaOf(type: z.ZodType, at: string): Json {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' })
  const moved = JSON.stringify(schema).replaceAll(/"\$ref":"#([^"]*)"/g, (_, rest) => `"$ref":"${at}${rest}"`)
  return JSON.parse(moved) as Json
}

const COMPONENTS = '#/components/schemas'

/** What an answer looks like; the parts of it that have a name go to `named`. */
function replySchemaOf(type: z.ZodType, named: Record<string, Json>): Json {
  const { $schema: _dialect, $defs = {}, ...schema } = z.toJSONSchema(type, { io: 'output' })
  const moved = (part: object): Json =>
    JSON.parse(JSON.stringify(part).replaceAll('"$ref":"#/$defs/', `"$ref":"${COMPONENTS}/`)) as Json
  for (const [name, part] of Object.entries($defs)) named[name] = moved(part)
  return moved(schema)
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

function responsesOf({ answers, replies, text }: Route, named: Record<string, Json>): Json {
  const type = text ? 'text/plain' : 'application/json'
  const described = Object.entries(replies).map(([status, reply]) => [
    status,
    { description: answers, content: { [type]: { schema: replySchemaOf(reply, named) } } },
  ])
  return { ...Object.fromEntries(described), default: ERROR }
}

function operationOf(route: Route, named: Record<string, Json>): Json {
  const { about, body, example } = route
  const id = operationIdOf(route)
  const content = {
    schema: { $ref: `${COMPONENTS}/${id}` },
    ...(example?.body === undefined ? {} : { example: example.body }),
  }
  return {
    operationId: id,
    summary: about,
    ...accessOf(route),
    parameters: parametersOf(route),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': content } } }),
    responses: responsesOf(route, named),
  }
}

const ABOUT =
  'The HTTP API of dq-daemon. Of a task or schedule that is encrypted, payload, result and messages read ' +
  '`<encrypted kid=…>`, and its field `encrypted` names that key; nothing is ever decrypted here.'

/** The description of the API, OpenAPI 3.1, made of the rows and schemas that serve it. */
export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  const schemas: Record<string, Json> = {}
  replySchemaOf(errorReply, schemas)
  for (const route of routes) {
    const path = (paths[pathOf(route.path)] ??= {})
    path[route.method.toLowerCase()] = operationOf(route, schemas)
    const id = operationIdOf(route)
    const body = route.described ?? route.body
    if (body !== undefined) schemas[id] = schemaOf(body, `${COMPONENTS}/${id}`)
  }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return {
    openapi: '3.1.0',
    info: { title: 'DistributedQ', version: VERSION, description: ABOUT },
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
