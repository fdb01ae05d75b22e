// Package hostile holds no code, only a test: what a server process does with
// requests that no honest client sends. It builds the command superher, runs it
// on a database of its own, and looks at the process from outside: at what it
// answers, at what it stored, at its memory and at its open files.
package hostile
