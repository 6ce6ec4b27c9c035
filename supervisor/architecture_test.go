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

// mayStart lists the files in actors and messages that may start goroutines.
var mayStart = map[string]bool{
	"../actors/worker/run.go":                       true, // it recovers
	"../actors/notifier/telegram/fakeapi/server.go": true, // the fake Bot API of tests and the demo
	"../actors/worker/each.go":                      true, // parallel work, with recover
	"../actors/peer/dial.go":                        true, // this and the next three interrupt a connection when the context ends
	"../actors/peer/dns.go":                         true,
	"../actors/peer/handshake.go":                   true,
	"../actors/notifier/email/session.go":           true,
	"../actors/httpserve/serve.go":                  true, // closes a server when its context ends
}

// starters are the names of functions that start a goroutine: methods of sync.WaitGroup and
// errgroup.Group, and AfterFunc.
var starters = map[string]bool{"Go": true, "TryGo": true, "AfterFunc": true}

// starts reports whether a node starts a goroutine.
func starts(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		called, ok := n.Fun.(*ast.SelectorExpr)
		return ok && starters[called.Sel.Name]
	}
	return false
}

// starts recognizes every way to start a goroutine.
func TestEveryWayToStartAGoroutineIsSeen(t *testing.T) {
	for _, code := range []string{
		"go f()", "go func() {}()", "wg.Go(f)", "group.TryGo(f)", "time.AfterFunc(d, f)", "context.AfterFunc(ctx, f)",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func g() { "+code+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		ast.Inspect(file, func(n ast.Node) bool { seen = seen || starts(n); return true })
		if !seen {
			t.Errorf("%s is not seen", code)
		}
	}
}

// Only the listed files start goroutines: a panic in a goroutine without recover would end the
// process. (None of our linters checks go statements.)
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
				if starts(n) {
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
