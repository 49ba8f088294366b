#!/usr/bin/env node
require('./needs-node.js')
// React reads this once, when it is first loaded: its development build is several times slower.
process.env.NODE_ENV = 'production'
require('./load.js')('../dist/tui/main.js')
