// Package glob matches signal keys against patterns. It imports nothing.
package glob

// Match tells whether the whole of s fits the pattern, in which * stands for any
// run of characters (none and slashes included: a mount's key holds slashes) and ?
// for any one byte. Everything else stands for itself, so every pattern is valid.
func Match(pattern, s string) bool {
	var p, i int
	star, mark := -1, 0 // the last * seen, and how far s was when it was
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0: // let the last * take one more
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

// Literal tells whether the pattern can fit one string alone.
func Literal(pattern string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' || pattern[i] == '?' {
			return false
		}
	}
	return true
}
