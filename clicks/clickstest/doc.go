// Package clickstest is the public suite of clicks.Recorder: it holds a recorder
// to every sentence of the port's comment. It decides what a correct recorder is
// and knows only the port: no file, no broker, no adapter.
//
// A whole test file of a recorder is
//
//	func TestRecorder(t *testing.T) {
//		clickstest.Run(t, clickstest.Harness{
//			New:    func(t *testing.T) clicks.Recorder { … },
//			Small:  func(t *testing.T) clicks.Recorder { … },
//			Reopen: func(t *testing.T, r clicks.Recorder, torn int) clicks.Recorder { … },
//			Folder: func(r clicks.Recorder) string { … },
//		})
//	}
//
// A recorder that keeps nothing over the life of its process leaves out Reopen
// and Folder; what they would show is skipped by name. There are no other flags.
//
// The suite brings the sink: one that takes visits, is away, hangs, refuses some
// or loses its answers. It waits for what has to happen and not for time to
// pass; only how long a recorder goes on at its end takes ten seconds, once.
// One contract is run alone by its name: go test -run 'TestRecorder/Refused'.
package clickstest
