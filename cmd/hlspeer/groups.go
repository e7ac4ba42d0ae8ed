package main

import "github.com/spf13/cobra"

// The groups of commands in help. A command says its group where it is made; one
// that says none is listed after them.
const (
	groupRun  = "run"
	groupLook = "look"
	groupTest = "test"
)

// addGroups is called once all commands are there.
func addGroups(root *cobra.Command) {
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupLook, Title: "Look at what runs:"},
		&cobra.Group{ID: groupTest, Title: "Try out and test:"},
	)
	ungroup(root)
}

// ungroup forgets groups that a command's parent does not have: the library would
// take them for a fault of the program.
func ungroup(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		if !cmd.ContainsGroup(sub.GroupID) {
			sub.GroupID = ""
		}
		ungroup(sub)
	}
}
