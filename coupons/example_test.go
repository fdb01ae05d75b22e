package coupons_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/superher/superher/coupons"
)

func ExampleParseCode() {
	code, err := coupons.ParseCode(" ｓｕｍｍｅｒ20 ")
	fmt.Println(code, err)

	_, err = coupons.ParseCode("SU\u041cMER20") // a Cyrillic М
	fmt.Println(err)
	// Output:
	// SUMMER20 <nil>
	// invalid (mixed-script): code mixes Latin letters with letters of another script; code: mixed-script
}

func ExamplePattern_Generate() {
	pattern, err := coupons.Pattern{Prefix: "summer", Length: 4}.Check()
	if err != nil {
		fmt.Println(err)
		return
	}
	random := rand.NewChaCha8([32]byte{1}) // in a program: crypto/rand.Reader
	code, err := pattern.Generate(random)
	fmt.Println(len(code), code[:7], err)
	// Output: 11 SUMMER- <nil>
}
