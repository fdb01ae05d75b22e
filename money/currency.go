package money

import "github.com/superher/superher/fault"

// Currency is an ISO 4217 alphabetic code, upper case. The zero value is no
// currency. Only [ParseCurrency] makes one from outside input.
type Currency string

// ParseCurrency accepts the ISO 4217 codes that money can be held in: exactly
// three upper-case letters of the current list. The placeholders XXX (no
// currency) and XTS (testing) are refused, as is everything unknown, with
// fault.Invalid "unknown-currency".
func ParseCurrency(code string) (Currency, error) {
	if _, known := digits(code); !known || code == "XXX" || code == "XTS" {
		return "", fault.Bad("currency", "unknown-currency", "currency must be an ISO 4217 code in upper case, like INR")
	}
	return Currency(code), nil
}

// Digits returns the number of decimal digits of the minor unit (0, 2, 3 or 4)
// and 0 for an unknown code.
func (c Currency) Digits() int {
	n, _ := digits(string(c))
	return n
}

// digits is the minor-unit column of ISO 4217 (list one), 179 codes.
func digits(code string) (n int, known bool) {
	switch code {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
		"UGX", "UYI", "VND", "VUV", "XAF", "XAG", "XAU", "XBA", "XBB", "XBC",
		"XBD", "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XTS", "XUA", "XXX":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "CLF", "UYW":
		return 4, true
	case "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN",
		"BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB", "BOV", "BRL", "BSD",
		"BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY",
		"COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD",
		"EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP",
		"GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
		"IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP",
		"LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP",
		"MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN",
		"NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
		"QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
		"SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
		"TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN",
		"UYU", "UZS", "VED", "VES", "WST", "XCD", "YER", "ZAR", "ZMW", "ZWG":
		return 2, true
	default:
		return 0, false
	}
}
