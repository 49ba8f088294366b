import { expect, test } from 'vitest'
import { Client, type ClientOptions, Worker, type WorkerOptions } from '../../src/core/index.ts'

const refused = (message: RegExp, option: string) =>
  expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(message), details: [option] })

test('a client does not take an option it does not have, such as a misspelt address, for its default', () => {
  const options = { redisurl: 'redis://elsewhere' } as ClientOptions
  expect(() => new Client(options)).toThrow(
    refused(/^Client: there is no option redisurl; there are redisUrl, /, 'redisurl'),
  )
})

test('nor does a worker', () => {
  const options = { tasks: {}, connection: {} } as WorkerOptions
  expect(() => new Worker(options)).toThrow(refused(/^Worker: there is no option connection; there are /, 'connection'))
})
