package host

import "fmt"

// percent is the share of a part in its whole, in per cent.
func percent(part, whole uint64) float64 { return 100 * float64(part) / float64(whole) }

// bytesText shows a number of bytes as people read it.
func bytesText(n float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 1024 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.1f TiB", n)
}
