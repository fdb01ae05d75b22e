package mail_test

import (
	"context"
	"fmt"

	"github.com/superher/superher/mail"
)

// outbox is a Sender that keeps what it was given.
type outbox struct{ sent []mail.Message }

func (o *outbox) Send(_ context.Context, m mail.Message) (mail.Receipt, error) {
	if err := m.Check(); err != nil {
		return mail.Receipt{}, err
	}
	o.sent = append(o.sent, m)
	return mail.Receipt{ID: fmt.Sprint(len(o.sent))}, nil
}

func ExampleSender() {
	var sender mail.Sender = &outbox{}
	receipt, err := sender.Send(context.Background(), mail.Message{
		From: mail.Address{Email: "hello@glow.example"}, To: mail.Address{Email: "jessica@example.com"},
		Subject: "Your coupon", Text: "SUMMER20",
	})
	fmt.Println(receipt.ID, err)

	_, err = sender.Send(context.Background(), mail.Message{Subject: "Nobody to send it to"})
	fmt.Println(err != nil)
	// Output:
	// 1 <nil>
	// true
}
