package jsonscan

import (
	"strconv"
	"strings"
)

// Field returns the value at a dotted path within value, which must be valid and must not begin
// with a space. In a list, a part of the path is an index. A key that contains dots is also
// found, and takes precedence over a path of several keys. Of a repeated key the last counts.
func Field(value []byte, path string) (found []byte, ok bool) {
	part, rest, more := strings.Cut(path, ".")
	switch value[0] {
	case '{':
		whole, first := member(value, path, part)
		if whole != nil {
			return whole, true
		}
		found = first
	case '[':
		index, err := strconv.Atoi(part)
		if err != nil || index < 0 {
			return nil, false
		}
		found = element(value, index)
	}
	if found == nil || !more {
		return found, found != nil
	}
	return Field(found, rest)
}

// member returns the values of two keys of an object; nil if a key is missing.
func member(object []byte, whole, part string) (byWhole, byPart []byte) {
	for i := Space(object, 1); object[i] != '}'; {
		end := String(object, i)
		key := Text(object[i:end])
		i = Space(object, Space(object, end)+1) // after the colon
		end = Value(object, i)
		if key == whole {
			byWhole = object[i:end]
		}
		if key == part {
			byPart = object[i:end]
		}
		if i = Space(object, end); object[i] == ',' {
			i = Space(object, i+1)
		}
	}
	return byWhole, byPart
}

// element returns an element of a list; nil if the list is too short.
func element(list []byte, index int) []byte {
	for i := Space(list, 1); list[i] != ']'; index-- {
		end := Value(list, i)
		if index == 0 {
			return list[i:end]
		}
		if i = Space(list, end); list[i] == ',' {
			i = Space(list, i+1)
		}
	}
	return nil
}
