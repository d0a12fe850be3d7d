package blob

// Open opens a bucket over another transport, for tests in fake time.
var Open = openBucket
