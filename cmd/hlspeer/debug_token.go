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

// readToken reads a token from the file that a flag names; "" where there is none,
// which is a fault of that flag.
func readToken(flag, path string, f *faults) string {
	text, err := os.ReadFile(path)
	token := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		f.add(flag, "%s: %v", path, reason(err))
		return ""
	case token == "":
		f.add(flag, "%s: no token in it", path)
	}
	return token
}

// read returns the token; "" for none.
func (t *tokenFlags) read(f *faults) string {
	token, flag := t.token, "token"
	if t.file != "" {
		if t.token != "" {
			f.add("token", "cannot be given together with --token-file")
		}
		token, flag = readToken("token-file", t.file, f), "token-file"
	}
	if strings.ContainsFunc(token, unicode.IsControl) {
		f.add(flag, "is no token: it has control characters or several lines")
	}
	return token
}
