#!/usr/bin/env node
require('./needs-node.js')
require('./load.js')('../dist/cli/main.js')
