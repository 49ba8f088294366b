#!/usr/bin/env node
require('./needs-node.js')
require('./load.js')('../dist/daemon/main.js')
