// Package storagetest is the public suite of the storage ports: it holds an
// adapter to every sentence of their comments. It decides what a correct
// adapter is and knows only the port: no engine, no driver, no adapter.
//
// There are no capability flags: an adapter passes the whole suite or it is not
// an adapter. A whole test file of one is
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, storagetest.Harness{
//			New: func(t *testing.T) storage.Store { return mystore.New(t.TempDir()) },
//		})
//	}
//
// One contract is run alone by its name: go test -run 'TestStore/Isolation'.
package storagetest
