package replay

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Compare says where the quick scanner reads a line otherwise than encoding/json.
func Compare(line []byte) error {
	var quick, slow fields
	if !quick.scan(line) {
		return nil
	}
	if err := json.Unmarshal(line, &slow); err != nil {
		return fmt.Errorf("the scanner takes %q, encoding/json says %w", line, err)
	}
	if !reflect.DeepEqual(quick, slow) {
		return fmt.Errorf("%q: the scanner reads %+v, encoding/json %+v", line, quick, slow)
	}
	return nil
}
