package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	brain "hlspeer/peer/mesh"
)

// TestReasonTexts: there is a sentence for each reason of the brain.
func TestReasonTexts(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../peer/mesh/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Reason" {
			return true
		}
		reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if text := reasonTexts[brain.Reason(reason)]; text == "" {
			t.Errorf("no sentence for %q", reason)
		}
		return true
	})
	if found == 0 || found != len(reasonTexts) {
		t.Errorf("%d reasons and %d sentences", found, len(reasonTexts))
	}
}

// TestNoPeerTexts: there is a sentence for each reason of the agent.
func TestNoPeerTexts(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../peer/flying.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok {
			reason, _ := strconv.Unquote(text.Value)
			if found++; noPeerTexts[reason].why == "" {
				t.Errorf("no sentence for %q", reason)
			}
		}
		return true
	})
	if found == 0 || found != len(noPeerTexts) {
		t.Errorf("%d reasons and %d sentences", found, len(noPeerTexts))
	}
}
