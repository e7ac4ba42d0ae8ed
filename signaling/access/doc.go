// Package access decides who may look at what a server tells its operator: the
// machine itself, and who has a token. It knows nothing of what that is.
package access
