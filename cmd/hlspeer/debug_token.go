package main

import (
	"os"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// tokenFlags are the token that another machine's process wants to be asked with.
type tokenFlags struct{ token, file string }

func (t *tokenFlags) register(f *pflag.FlagSet, usage string) {
	f.StringVar(&t.token, "token", "", usage)
	f.StringVar(&t.file, "token-file", "", "`file` that holds the token, so that it is not seen in the list of processes")
}

// read returns the token; "" for none.
func (t *tokenFlags) read(f *faults) string {
	token, flag := t.token, "token"
	if t.file != "" {
		if t.token != "" {
			f.add("token", "cannot be given together with --token-file")
		}
		text, err := os.ReadFile(t.file)
		if err != nil {
			f.add("token-file", "%v", err)
			return ""
		}
		if token, flag = strings.TrimSpace(string(text)), "token-file"; token == "" {
			f.add("token-file", "%s: no token in it", t.file)
		}
	}
	if strings.ContainsFunc(token, unicode.IsControl) {
		f.add(flag, "is no token: it has control characters or several lines")
	}
	return token
}
