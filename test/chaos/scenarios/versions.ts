import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nextVersion } from '../../helpers/next-version.ts'
import { ROOT } from '../../helpers/process.ts'
import type { ChaosLine } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'
import { kills } from './kills.ts'

/** Every other daemon is of the next version, as in the middle of a rolling upgrade, and all of them are killed. */
export async function versions(setting: Setting): Promise<ChaosLine> {
  const folder = mkdtempSync(join(tmpdir(), 'dq-next-'))
  try {
    const next = nextVersion(folder)
    return await kills(setting, { run: 'versions', root: (at) => (at % 2 === 0 ? ROOT : next) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
