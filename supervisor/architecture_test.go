package supervisor_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// mayStart are the files that start goroutines; everywhere else in actors and messages
// a goroutine has no owner.
var mayStart = map[string]bool{
	"../actors/worker/worker.go": true, // the single-flight worker
}

// No actor, no probe reading and no message starts a goroutine: a panic in one that
// has no recover would end the process. (No linter of ours knows go statements.)
func TestOnlyWorkersStartGoroutines(t *testing.T) {
	for _, root := range []string{"../actors", "../messages"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(path, "test/") || mayStart[path] {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if _, starts := n.(*ast.GoStmt); starts {
					t.Errorf("%s starts a goroutine", path)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
