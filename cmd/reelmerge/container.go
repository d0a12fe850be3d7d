//go:build container

package main

import (
	_ "time/tzdata" // the time zones, which other systems have in files

	_ "golang.org/x/crypto/x509roots/fallback" // the authorities that vouch for services, likewise
)
