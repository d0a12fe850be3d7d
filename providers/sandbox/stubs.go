package sandbox

const maxUpload = 2*(50<<20) + 1<<20

// VidgenBehaviour is what the documentation leaves open.
type VidgenBehaviour struct{}

// KensaBehaviour is what the documentation leaves open.
type KensaBehaviour struct{}

// SamsarBehaviour is what the documentation leaves open.
type SamsarBehaviour struct{}
