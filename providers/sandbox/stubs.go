package sandbox

// KensaBehaviour is what the documentation leaves open.
type KensaBehaviour struct{}

// SamsarBehaviour is what the documentation leaves open.
type SamsarBehaviour struct{}
