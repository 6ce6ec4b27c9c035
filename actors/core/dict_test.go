package core

import (
	"maps"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// A dict holds what a Go map would, and an edit changes no dict from before.
func TestADictIsAPersistentMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			dict dict
			want map[string]int
		}
		versions := []version{{want: map[string]int{}}}
		for range rapid.IntRange(1, 8).Draw(t, "edits") {
			last := versions[len(versions)-1]
			next := version{last.dict, maps.Clone(last.want)}
			var edit dictEdit
			for range rapid.IntRange(1, 40).Draw(t, "changes") {
				name, more := "n"+strconv.Itoa(rapid.IntRange(0, 200).Draw(t, "name")), rapid.IntRange(-1, 1).Draw(t, "more")
				edit.add(&next.dict, name, more)
				if next.want[name] += more; next.want[name] == 0 {
					delete(next.want, name)
				}
			}
			versions = append(versions, next)
		}
		for i, v := range versions {
			if v.dict.size != len(v.want) {
				t.Errorf("version %d has %d names, want %d", i, v.dict.size, len(v.want))
			}
			for n := range 201 {
				name := "n" + strconv.Itoa(n)
				number, ok := v.dict.get(name)
				want, known := v.want[name]
				if number != want || ok != known {
					t.Errorf("version %d: %s is %d, %t; want %d, %t", i, name, number, ok, want, known)
				}
			}
		}
	})
}
