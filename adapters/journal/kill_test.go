//go:build unix

package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/links"
)

const victimDir = "SUPERHER_TEST_JOURNAL"

// TestVictim is the process that is killed: it records from many goroutines, prints
// the number of each visit that was taken, and hands over what it can by writing the
// numbers to a file that stands for the store.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		return // TestKill_LosesNothingAndStoresNothingTwice runs this in a process of its own
	}
	first, err := strconv.Atoi(os.Getenv(victimDir + "_FIRST"))
	require.NoError(t, err)
	j, err := journal.Open(journal.Config{Dir: filepath.Join(dir, "clicks"), Fsync: time.Second})
	require.NoError(t, err)
	store, err := os.OpenFile(filepath.Join(dir, "store"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	require.NoError(t, err)
	go func() {
		_ = j.Run(context.Background(), func(_ context.Context, visits []clicks.Visit) error {
			var b strings.Builder
			for _, v := range visits {
				fmt.Fprintln(&b, number(v.ID))
			}
			_, err := store.WriteString(b.String())
			return err
		})
	}()
	var mu sync.Mutex
	for g := range 16 {
		go func() {
			for i := 0; ; i++ {
				n := first + i*16 + g
				if j.Record(context.Background(), visit(n)) == nil {
					mu.Lock()
					fmt.Println("taken", n)
					mu.Unlock()
				}
			}
		}()
	}
	select {}
}

// number is what visit made the id from.
func number(id links.ClickID) int {
	return int(id[1])<<24 | int(id[2])<<16 | int(id[3])<<8 | int(id[4])
}

func TestKill_LosesNothingAndStoresNothingTwice(t *testing.T) {
	const kills, each = 8, 3000
	self, err := os.Executable()
	require.NoError(t, err)
	dir := folder(t)
	acknowledged := map[int]bool{}
	for k := range kills {
		cmd := exec.CommandContext(t.Context(), self, "-test.run", "^TestVictim$")
		cmd.Env = append(os.Environ(), victimDir+"="+dir, victimDir+"_FIRST="+strconv.Itoa(k*1_000_000))
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		in, seen := bufio.NewScanner(out), 0
		for in.Scan() {
			n, ok := strings.CutPrefix(in.Text(), "taken ")
			if !ok {
				continue
			}
			number, err := strconv.Atoi(n)
			require.NoError(t, err)
			acknowledged[number] = true
			seen++
			if seen == each {
				require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
			}
		}
		require.Error(t, cmd.Wait(), "it was killed")
	}
	j, err := journal.Open(journal.Config{Dir: filepath.Join(dir, "clicks"), Fsync: time.Second})
	require.NoError(t, err)
	stored := map[int]bool{}
	text, err := os.ReadFile(filepath.Join(dir, "store"))
	require.NoError(t, err)
	again := 0
	take := func(n int) {
		if stored[n] {
			again++ // the store knows it by its id
		}
		stored[n] = true
	}
	for line := range strings.Lines(string(text)) {
		n, err := strconv.Atoi(strings.TrimSpace(line))
		require.NoError(t, err)
		take(n)
	}
	for _, v := range handOver(t, j) {
		require.Equal(t, visit(number(v.ID)), v)
		take(number(v.ID))
	}
	require.Zero(t, j.Stats().Refused)
	require.NoError(t, j.Close())
	lost := 0
	for n := range acknowledged {
		if !stored[n] {
			lost++
		}
	}
	require.Zero(t, lost, "of %d that were acknowledged", len(acknowledged))
	require.GreaterOrEqual(t, len(acknowledged), kills*each)
	require.LessOrEqual(t, again, kills*1000, "at most a batch after each kill")
	t.Logf("%d kills, %d acknowledged, %d lost, %d handed over again", kills, len(acknowledged), lost, again)
}
