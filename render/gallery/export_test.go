package gallery

// What the tests of the package see of its inside.

const ChecksumLead = checksumLead
const MaxImages = maxImages
const MaxKeys = maxKeys
const MaxParts = maxParts
const MaxRenditions = maxRenditions
const MaxSkips = maxSkips
const MaxStateLine = maxStateLine
const MaxVideos = maxVideos

var ErrDamaged = errDamaged
var ReadState = readState
