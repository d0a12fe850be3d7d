//go:build !race

package main

// raceDetector reports whether the tests, and the programs that they start, look for data
// races: that takes many times as much address space.
const raceDetector = false
