package filltest

// WithDays is the last version that has the totals of event_days.
const WithDays = 5

// Days returns a statement that fills event_days for an advertiser, a literal:
// some of the last of March 2026 and of the first days of April.
func Days(advertiser string) string {
	return `INSERT INTO event_days VALUES
		(` + advertiser + `, 20543, 'direct', 'coupon', 'purchase', 'INR', 'INR', 2, 2, 2, 200, 2, 200, 20),
		(` + advertiser + `, 20543, 'link', 'ref_code', 'purchase', 'INR', 'INR', 1, 1, 1, 50, 1, 50, 5),
		(` + advertiser + `, 20544, 'direct', 'coupon', 'purchase', 'INR', 'INR', 3, 3, 3, 300, 3, 300, 30),
		(` + advertiser + `, 20545, 'direct', 'coupon', 'purchase', 'INR', 'INR', 4, 4, 4, 400, 4, 400, 40),
		(` + advertiser + `, 20545, 'direct', 'coupon', 'lead', '', 'INR', 1, 1, 1, 0, 0, 0, 7)`
}

// SplitDays returns what queries say of the tables that take the place of
// event_days, when they were made of what [Days] fills.
func SplitDays() map[string][]string {
	return map[string][]string{
		`SELECT day || ' ' || event_type || ' ' || currency || ' ' || events || ' ' || conversions || ' ' || sales || ' ' ||
			revenue_minor || ' ' || orders || ' ' || orders_minor || ' ' || payout_minor
			FROM event_types ORDER BY day, event_type`: {
			"20543 purchase INR 3 3 3 250 3 250 25",
			"20544 purchase INR 3 3 3 300 3 300 30",
			"20545 lead  1 1 1 0 0 0 7",
			"20545 purchase INR 4 4 4 400 4 400 40",
		},
		`SELECT grain || ' ' || day || ' ' || source || ' ' || method || ' ' || event_type || ' ' || events || ' ' || conversions || ' ' ||
			sales || ' ' || revenue_minor || ' ' || payout_minor
			FROM event_paths ORDER BY grain, day, source, event_type`: {
			"0 20543 direct coupon purchase 2 2 2 200 20",
			"0 20543 link ref_code purchase 1 1 1 50 5",
			"0 20544 direct coupon purchase 3 3 3 300 30",
			"0 20545 direct coupon lead 1 1 1 0 7",
			"0 20545 direct coupon purchase 4 4 4 400 40",
			"1 20513 direct coupon purchase 2 2 2 200 20",
			"1 20513 link ref_code purchase 1 1 1 50 5",
			"1 20544 direct coupon lead 1 1 1 0 7",
			"1 20544 direct coupon purchase 7 7 7 700 70",
		},
	}
}
