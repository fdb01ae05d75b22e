package money_test

import (
	"fmt"

	"github.com/superher/superher/money"
)

func ExampleParse() {
	price, err := money.Parse("1499.00", "INR")
	fmt.Println(price.Minor, price, err)

	_, err = money.Parse("1499.50", "JPY") // the yen has no smaller unit
	fmt.Println(err != nil)
	// Output:
	// 149900 1499.00 INR <nil>
	// true
}

func ExampleRate_Of() {
	rate, err := money.ParseRate("12.5")
	fmt.Println(rate.Of(money.Of(149900, "INR")), err)
	// Output: 187.38 INR <nil>
}

func ExampleAmount_Allocate() {
	parts, err := money.Of(10000, "EUR").Allocate(1, 1, 1)
	fmt.Println(parts, err)
	// Output: [33.34 EUR 33.33 EUR 33.33 EUR] <nil>
}

func ExampleTotals_Plus() {
	revenue, err := money.Totals{}.Plus(money.Of(149900, "INR"), money.Of(700, "JPY"), money.Of(100, "INR"))
	fmt.Println(revenue, err)
	// Output: [1500.00 INR 700 JPY] <nil>
}
