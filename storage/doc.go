// Package storage defines what superher needs from a database, as ports for
// adapters to implement. It decides the contract; the public suite in
// storagetest holds an adapter to it, sentence by sentence.
//
// A [Store] has three doors and no fourth: Write takes a [tenant.Scope], Read
// takes a [tenant.View], and System holds the few operations that happen before
// a tenant is known. An access without a tenant has no receiver to be called on.
package storage
