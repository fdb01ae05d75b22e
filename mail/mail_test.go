package mail_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/mail"
)

func good() mail.Message {
	return mail.Message{
		From: mail.Address{Name: "Glow", Email: "hello@glow.example"}, To: mail.Address{Email: "jessica@example.com"},
		Subject: "Your coupons", Text: "SUMMER20", HTML: `<img src="cid:logo">`,
		Inline: []mail.Inline{{ContentID: "logo", MediaType: "image/png", Data: []byte{1}}},
	}
}

func TestMessage_Check(t *testing.T) {
	repeat := strings.Repeat
	parts := func(n, size int) []mail.Inline {
		list := make([]mail.Inline, n)
		for i := range list {
			list[i] = mail.Inline{ContentID: "part" + strconv.Itoa(i), MediaType: "image/svg+xml", Data: make([]byte, size)}
		}
		return list
	}
	for _, c := range []struct {
		name   string
		change func(*mail.Message)
		fields []string
	}{
		{"good", func(*mail.Message) {}, nil},
		{"text alone", func(m *mail.Message) { m.HTML, m.Inline = "", nil }, nil},
		{"no text", func(m *mail.Message) { m.Text = " \n" }, []string{"text"}},
		{"no recipient", func(m *mail.Message) { m.To = mail.Address{} }, []string{"to.email"}},
		{"no sender", func(m *mail.Message) { m.From.Email = "" }, []string{"from.email"}},
		{"display name in the address", func(m *mail.Message) { m.To.Email = "Jessica <jessica@example.com>" }, []string{"to.email"}},
		{"two recipients", func(m *mail.Message) { m.To.Email = "a@example.com, b@example.com" }, []string{"to.email"}},
		{"header smuggled in the address", func(m *mail.Message) { m.To.Email = "a@example.com\r\nBcc: b@example.com" }, []string{"to.email"}},
		{"header smuggled in the name", func(m *mail.Message) { m.To.Name = "Jessica\r\nBcc: b@example.com" }, []string{"to.name"}},
		{"header smuggled in the subject", func(m *mail.Message) { m.Subject = "Hello\nBcc: b@example.com" }, []string{"subject"}},
		{"no subject", func(m *mail.Message) { m.Subject = "" }, []string{"subject"}},
		{"longest subject", func(m *mail.Message) { m.Subject = repeat("é", mail.MaxSubject) }, nil},
		{"longer subject", func(m *mail.Message) { m.Subject = repeat("é", mail.MaxSubject+1) }, []string{"subject"}},
		{"longest name", func(m *mail.Message) { m.To.Name = repeat("é", mail.MaxName) }, nil},
		{"longer name", func(m *mail.Message) { m.To.Name = repeat("é", mail.MaxName+1) }, []string{"to.name"}},
		{"longer address", func(m *mail.Message) { m.To.Email = repeat("a", 243) + "@example.com" }, []string{"to.email"}},
		{"longest address", func(m *mail.Message) { m.To.Email = repeat("a", 242) + "@example.com" }, nil},
		{"longest bodies", func(m *mail.Message) { m.Text, m.HTML = repeat("x", mail.MaxBody), repeat("x", mail.MaxBody) }, nil},
		{"longer bodies", func(m *mail.Message) { m.Text, m.HTML = repeat("x", mail.MaxBody+1), repeat("x", mail.MaxBody+1) }, []string{"text", "html"}},
		{"most parts", func(m *mail.Message) { m.Inline = parts(mail.MaxInline, 1) }, nil},
		{"more parts", func(m *mail.Message) { m.Inline = parts(mail.MaxInline+1, 1) }, []string{"inline"}},
		{"largest message", func(m *mail.Message) { m.Text, m.HTML, m.Inline = "x", "", parts(1, mail.MaxTotal-1) }, nil},
		{"larger message", func(m *mail.Message) { m.Text, m.HTML, m.Inline = "x", "", parts(1, mail.MaxTotal) }, []string{"inline"}},
		{"empty part", func(m *mail.Message) { m.Inline[0].Data = nil }, []string{"inline"}},
		{"content id twice", func(m *mail.Message) { m.Inline = append(m.Inline, m.Inline[0]) }, []string{"inline"}},
		{"content id with a bracket", func(m *mail.Message) { m.Inline[0].ContentID = "logo>" }, []string{"inline"}},
		{"no media type", func(m *mail.Message) { m.Inline[0].MediaType = "" }, []string{"inline"}},
		{"half a media type", func(m *mail.Message) { m.Inline[0].MediaType = "image" }, []string{"inline"}},
		{"media type with a header", func(m *mail.Message) { m.Inline[0].MediaType = "image/png\r\nX: y" }, []string{"inline"}},
		{"everything wrong", func(m *mail.Message) { *m = mail.Message{} }, []string{"from.email", "to.email", "subject", "text"}},
	} {
		m := good()
		c.change(&m)
		err := m.Check()
		if c.fields == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		var names []string
		for _, f := range fault.Of(err).Fields {
			names = append(names, f.Name)
		}
		require.Equal(t, c.fields, names, c.name)
	}
}
