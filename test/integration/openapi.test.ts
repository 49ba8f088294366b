import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ROUTES } from '../../src/daemon/api/routes.ts'
import { VERSION } from '../../src/core/version.ts'
import { sharedDaemon } from '../helpers/daemon.ts'

const { call, get, post } = sharedDaemon(['--roles', 'api'])

const schema = z.record(z.string(), z.unknown())
const content = z.record(z.string(), z.strictObject({ schema, example: z.unknown().optional() }))
const parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema,
  example: z.unknown().optional(),
})
const response = z.strictObject({ description: z.string().min(1), content })
const reference = z.strictObject({ $ref: z.string() })
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-zA-Z0-9]+$/),
  summary: z.string().regex(/\.$/),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameter),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(z.string().regex(/^(default|[1-5]\d\d)$/), z.union([reference, response])),
})
/** The part of OpenAPI 3.1 that is used, and nothing else: a misspelt field is found. */
const openApi = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: z.string(), version: z.literal(VERSION), description: z.string() }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'post', 'put', 'delete']), operation)),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schema),
    responses: z.record(z.string(), response),
    securitySchemes: z.strictObject({
      key: z.strictObject({ type: z.literal('apiKey'), in: z.literal('header'), name: z.string() }),
      bearer: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    }),
  }),
})
type Document = z.output<typeof openApi>

let text: string
let document: Document

beforeAll(async () => {
  const reply = await get('/openapi.json')
  text = reply.text
  document = openApi.parse(reply.json)
  for (const id of ['mail-2', 'mail-3'])
    await post('/v1/tasks', { type: 'mail', queue: 'mails', id, delay_ms: 600_000 })
  for (const name of ['hourly', 'old'])
    await post('/v1/schedules', { name, spec: '@every 1h', type: 'report', queue: 'mails' })
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, of]) => ({ path, method: method.toUpperCase(), of })),
  )

describe('/openapi.json', () => {
  it('has every route, and no other', () => {
    const described = operations().map(({ method, path }) => `${method} ${path}`)
    expect(described.toSorted()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted(),
    )
  })

  it('refers only to what is in it, and names each operation once', () => {
    const pointers = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, pointer = '']) => pointer)
    expect(pointers.length).toBeGreaterThan(ROUTES.length)
    for (const pointer of new Set(pointers)) {
      const [root, ...names] = pointer.split('/')
      const found = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document)
      expect([pointer, root, typeof found]).toEqual([pointer, '#', 'object'])
    }
    const ids = operations().map(({ of }) => of.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names each part of a path as a parameter', () => {
    for (const { path, of } of operations()) {
      const inPath = of.parameters.filter((one) => one.in === 'path').map(({ name, required }) => [name, required])
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]))
    }
  })

  it('says without which key a route answers', () => {
    const open = operations().filter(({ of }) => of.security?.length === 0)
    expect(open.map(({ path }) => path)).toEqual(['/livez', '/readyz'])
  })

  it('has examples that work as they are written', async () => {
    let executed = 0
    for (const { path, method, of } of operations()) {
      const given = (place: string) => of.parameters.filter((one) => one.in === place && one.example !== undefined)
      const filled = given('path').reduce((at, { name, example }) => at.replace(`{${name}}`, String(example)), path)
      // The id of an operation is made by the daemon.
      if (filled.includes('{')) continue
      const query = new URLSearchParams(
        given('query').map(({ name, example }): [string, string] => [name, String(example)]),
      )
      const body = of.requestBody?.content['application/json']?.example
      expect([path, body === undefined]).toEqual([path, of.requestBody === undefined])
      const { status, headers, text: replied } = await call(method, `${filled}?${query.toString()}`, { body })
      const documented = of.responses[String(status)]
      const types = documented !== undefined && 'content' in documented ? Object.keys(documented.content) : []
      const type = String(headers['content-type']).split(';')[0]
      expect([method, path, replied, types]).toEqual([method, path, replied, [type]])
      executed++
    }
    expect(executed).toBe(operations().length - 4)
  })

  it('has bodies that its own schemas take', () => {
    for (const { of } of operations()) {
      const example = of.requestBody?.content['application/json']?.example
      const own = document.components.schemas[of.operationId]
      // Those that refer to themselves are checked by the daemon alone.
      if (example === undefined || JSON.stringify(own).includes('$ref')) continue
      expect(z.fromJSONSchema(own as Parameters<typeof z.fromJSONSchema>[0]).safeParse(example).success).toBe(true)
    }
  })
})
