//go:build linux

package rig

import (
	"fmt"
	"strconv"
)

// inApp is the agent of a phone in the app of a social network: a bot's visits
// would not count.
const inApp = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
	"Mobile/22F76 Instagram 381.0.0.26.83 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796; 739483911)"

// Visit appends the request of visitor number n for a link, with a mark that is
// stored with the click as the host of its referrer. Up to 2^32 visitors differ
// by the address that a trusted proxy tells of.
func (w *World) Visit(buf []byte, n int, mark string) []byte {
	buf = append(buf, "GET /r/"...)
	buf = append(buf, w.Links[n%len(w.Links)]...)
	buf = append(buf, " HTTP/1.1\r\nHost: bench\r\nUser-Agent: "+inApp+"\r\nX-Forwarded-For: 2001:db8:"...)
	buf = strconv.AppendUint(buf, uint64(n)>>16&0xffff, 16)
	buf = append(buf, ':')
	buf = strconv.AppendUint(buf, uint64(n)&0xffff, 16)
	buf = append(buf, "::1\r\n"...)
	if mark != "" {
		buf = append(buf, "Referer: https://"...)
		buf = append(buf, mark...)
		buf = append(buf, "/\r\n"...)
	}
	return append(buf, "\r\n"...)
}

// Value is what event n is worth, in minor units: whole rupees.
func Value(n int) int64 { return 10_000 + int64(n%977)*100 }

// Event appends the JSON of event n under an external id of plain characters: a purchase that names
// a coupon, a link, a landing URL, both or nothing, in turn.
func (w *World) Event(buf []byte, n int, id string) []byte {
	buf = append(buf, `{"action":"purchase","value":"`...)
	buf = strconv.AppendInt(buf, Value(n)/100, 10)
	buf = append(buf, `.00","currency":"INR","external_id":"`...)
	buf = append(buf, id...)
	buf = append(buf, `","customer_id":"customer-`...)
	buf = strconv.AppendInt(buf, int64(n%5000), 10)
	buf = append(buf, '"')
	link, coupon := w.Links[n%len(w.Links)], w.Coupons[n%len(w.Coupons)]
	switch n % 5 {
	case 0:
		buf = member(buf, `,"coupon_code":"`, coupon)
	case 1:
		buf = member(buf, `,"ref_code":"`, link)
	case 2:
		buf = member(buf, `,"landing_url":"https://shop.example/summer?size=m&ref_code=`, link)
	case 3:
		buf = member(member(buf, `,"coupon_code":"`, coupon), `,"ref_code":"`, link)
	}
	return append(buf, '}')
}

func member(buf []byte, begin, value string) []byte {
	return append(append(append(buf, begin...), value...), '"')
}

// Batch appends the JSON of a batch of events, numbers n to n+size-1, whose
// external ids begin the same.
func (w *World) Batch(buf []byte, n, size int, ids string) []byte {
	buf = append(buf, `{"events":[`...)
	id := []byte(ids)
	for i := range size {
		if i > 0 {
			buf = append(buf, ',')
		}
		id = strconv.AppendInt(id[:len(ids)], int64(n+i), 10)
		buf = w.Event(buf, n+i, string(id))
	}
	return append(buf, `]}`...)
}

// Post appends a request with a JSON body to a path of the API.
func (w *World) Post(buf []byte, path string, body []byte) []byte {
	buf = fmt.Appendf(buf, "POST /api/v1%s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		path, w.Key, len(body))
	return append(buf, body...)
}

// Get appends a request that reads a path of the API.
func (w *World) Get(buf []byte, path string) []byte {
	return fmt.Appendf(buf, "GET /api/v1%s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n", path, w.Key)
}
