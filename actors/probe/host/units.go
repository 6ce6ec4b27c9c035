package host

import "fmt"

// percent returns a part of a whole in percent.
func percent(part, whole uint64) float64 { return 100 * float64(part) / float64(whole) }

// bytesText formats a number of bytes with a binary unit.
func bytesText(n float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 1024 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.1f TiB", n)
}
