package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/superher/superher/clicks"
)

// Layout of a segment: header, then records of marker, length, checksum of
// length and sealed visit, sealed visit.
const (
	header     = "superher clicks\x01"
	marker     = "\xc1\x1c\xf0\x0d"
	recordHead = len(marker) + 4 + 4
	maxRecord  = recordHead + clicks.MaxSealed
)

// checksum is CRC-32C over the length and the sealed visit.
func checksum(record []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(record[len(marker):len(marker)+4], table), table, record[recordHead:])
}

// appendRecord appends the record of a visit.
func appendRecord(dst []byte, sealer *clicks.Sealer, v clicks.Visit) []byte {
	at := len(dst)
	dst = append(append(dst, marker...), 0, 0, 0, 0, 0, 0, 0, 0)
	dst = sealer.Seal(dst, v)
	record := dst[at:]
	binary.BigEndian.PutUint32(record[len(marker):], uint32(len(record)-recordHead))
	binary.BigEndian.PutUint32(record[len(marker)+4:], checksum(record))
	return dst
}

// parsed is what stands at the beginning of some bytes.
type parsed int

const (
	sound   parsed = iota // a record
	partial               // the beginning of one
	foreign               // none
)

// parseRecord returns the sealed visit at the beginning of data, which shares its
// memory, and the length of its record.
func parseRecord(data []byte) (sealed []byte, length int, found parsed) {
	if len(data) < recordHead {
		if n := min(len(data), len(marker)); string(data[:n]) != marker[:n] {
			return nil, 0, foreign
		}
		return nil, 0, partial
	}
	if string(data[:len(marker)]) != marker {
		return nil, 0, foreign
	}
	size := binary.BigEndian.Uint32(data[len(marker):])
	if size < clicks.MinSealed || size > clicks.MaxSealed {
		return nil, 0, foreign
	}
	if length = recordHead + int(size); len(data) < length {
		return nil, 0, partial
	}
	if checksum(data[:length]) != binary.BigEndian.Uint32(data[len(marker)+4:]) {
		return nil, 0, foreign
	}
	return data[recordHead:length], length, sound
}

// piece is a record of a segment, and where the next one may begin.
type piece struct {
	sealed []byte
	end    int
	gap    bool // damaged bytes were passed over before it
}

// next returns the first sound record in data. Without one, ok is false and end is
// where to read on: more is needed from there, or with last nothing is to come.
func next(data []byte, last bool) (p piece, ok bool) {
	for at := 0; ; {
		sealed, length, found := parseRecord(data[at:])
		if found == sound {
			return piece{sealed: sealed, end: at + length, gap: at > 0}, true
		}
		if found == partial && !last {
			return piece{end: at, gap: at > 0}, false
		}
		jump := bytes.Index(data[min(at+1, len(data)):], []byte(marker[:1]))
		if jump < 0 {
			return piece{end: len(data), gap: len(data) > 0}, false
		}
		at += 1 + jump
	}
}
