// Apart from the version check, because an old Node cannot even read this file.
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const keepCompiled = require('./code-cache.js')

module.exports = function load(program) {
  if (existsSync(join(__dirname, program))) {
    keepCompiled()
    return import(program)
  }
  console.error('DistributedQ is not built in this folder; run: npm run build')
  process.exit(1)
}
