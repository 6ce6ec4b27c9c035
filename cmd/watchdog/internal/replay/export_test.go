package replay

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Compare returns an error if the fast scanner reads a line differently than encoding/json.
func Compare(line []byte) error {
	var fast, slow fields
	if !fast.scan(line) {
		return nil
	}
	if err := json.Unmarshal(line, &slow); err != nil {
		return fmt.Errorf("the scanner accepts %q, encoding/json says %w", line, err)
	}
	if !reflect.DeepEqual(fast, slow) {
		return fmt.Errorf("%q: the scanner reads %+v, encoding/json %+v", line, fast, slow)
	}
	return nil
}
