// Package glob matches signal keys against patterns. It imports nothing.
package glob

// Match reports whether the pattern matches all of s. In a pattern * matches any
// sequence of bytes, also an empty one and slashes (a mount's key holds slashes),
// and ? matches any one byte. Every other byte matches itself, so every pattern is valid.
func Match(pattern, s string) bool {
	var p, i int
	star, mark := -1, 0 // where the last * is in pattern, and where its match ends in s
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0: // backtrack: the last * matches one byte more
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Literal reports whether the pattern matches only itself.
func Literal(pattern string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' || pattern[i] == '?' {
			return false
		}
	}
	return true
}
