import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
}

export interface Authority {
  readonly caFile: string
  /** A folder that the caller removes. */
  readonly dir: string
  /** @param names what it is for, as `DNS:localhost` or `IP:127.0.0.1`. */
  readonly issue: (name: string, ...names: readonly string[]) => Certificate
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })

/** An authority of its own, and certificates that it signs. */
export function anAuthority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'dq-tls-'))
  const at = (file: string): string => join(dir, file)
  const ca = ['-keyout', at('ca.key'), '-out', at('ca.crt'), '-days', '2', '-subj', '/CN=authority']
  openssl('req', '-x509', ...EC, ...ca)
  return {
    caFile: at('ca.crt'),
    dir,
    issue(name, ...names) {
      const [certFile, keyFile, request] = [at(`${name}.crt`), at(`${name}.key`), at(`${name}.csr`)]
      openssl('req', ...EC, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`)
      writeFileSync(at('names'), names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`)
      const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2']
      openssl('x509', '-req', '-in', request, ...signer, '-out', certFile, '-extfile', at('names'))
      return { certFile, keyFile }
    },
  }
}
