import { randomBytes } from 'node:crypto'
import { open as openPlain } from './distributedq.ts'
import type { OpenSession } from './subject.ts'

/** The same with a key: payloads, results and errors are encrypted. */
export const open: OpenSession = (options) => openPlain(options, { current: 'k1', keys: { k1: randomBytes(32) } })
