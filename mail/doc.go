// Package mail is the port through which messages leave: what one is and what
// sending it promises. It decides how a failure to send is classified; it does
// not write messages, and it never sends one twice.
package mail
