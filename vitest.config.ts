import { defineConfig } from 'vitest/config'

const suite = (name: string, folders: string[]) => ({
  extends: true as const,
  test: { name, include: folders.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`) },
})

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      suite('unit', ['unit', 'property']),
      suite('integration', ['integration']),
      suite('tui', ['tui']),
      suite('chaos', ['chaos']),
      suite('package', ['package']),
    ],
  },
})
