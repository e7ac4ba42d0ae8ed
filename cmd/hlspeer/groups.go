package main

import "github.com/spf13/cobra"

// The groups of commands in help. A command says its group where it is made; one
// that says none is listed after them.
const (
	groupRun  = "run"
	groupLook = "look"
	groupTest = "test"
)

func addGroups(root *cobra.Command) {
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupLook, Title: "Look at what runs:"},
		&cobra.Group{ID: groupTest, Title: "Try out and test:"},
	)
}
