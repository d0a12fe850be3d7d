package sandbox

// SamsarBehaviour is what the documentation leaves open.
type SamsarBehaviour struct{}
