package main

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
)

const (
	rounds   = 600_000 // of PBKDF2-HMAC-SHA-256
	maxForm  = 4 << 10 // bytes
	saltSize = 16
)

// account is somebody who can sign in at the shop.
type account struct {
	subject string
	email   string
	salt    []byte
	hash    []byte // of the password
}

// newAccount keeps a password as a slow hash with a salt.
func newAccount(subject, email, password string) (account, error) {
	a := account{subject: subject, email: email, salt: make([]byte, saltSize)}
	if _, err := rand.Read(a.salt); err != nil {
		return a, err
	}
	var err error
	a.hash, err = pbkdf2.Key(sha256.New, password, a.salt, rounds, sha256.Size)
	return a, err
}

// holds reports whether a password is the account's.
func (a account) holds(password string) bool {
	hash, err := pbkdf2.Key(sha256.New, password, a.salt, rounds, sha256.Size)
	return err == nil && hmac.Equal(hash, a.hash)
}

// login is the shop's own door. superher has no part in it.
type login struct {
	accounts map[string]account // by e-mail address
	nobody   account            // an unknown address takes as long as a wrong password
	tokens   tokens
}

// ServeHTTP answers the right password with a token. A real one would also limit
// how often somebody may try.
func (l login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	found, known := l.accounts[r.PostFormValue("email")]
	if !known {
		found = l.nobody
	}
	if !found.holds(r.PostFormValue("password")) || !known {
		http.Error(w, "wrong address or password", http.StatusUnauthorized)
		return
	}
	token, err := l.tokens.issue(found)
	if err != nil {
		http.Error(w, "please try again", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(token)) // somebody who has left needs none
}
