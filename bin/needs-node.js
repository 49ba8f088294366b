// Written in the oldest JavaScript there is, so that any Node gets far enough to say what is wrong.
var need = [22, 13]
var have = process.versions.node.split('.').map(Number)

if (have[0] < need[0] || (have[0] === need[0] && have[1] < need[1])) {
  console.error('DistributedQ needs Node ' + need.join('.') + ' or newer; this is ' + process.version)
  process.exit(1)
}
