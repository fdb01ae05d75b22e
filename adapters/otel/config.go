package otel

import (
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/superher/superher/fault"
)

// scope names this package as the one that makes the spans and measurements.
const scope = "github.com/superher/superher/adapters/otel"

// Config is where spans and measurements go. The host owns the providers, and
// passes the noop ones of OpenTelemetry for what it does not want.
type Config struct {
	Tracer trace.TracerProvider // Required.
	Meter  metric.MeterProvider // Required.
}

// check returns fault.Invalid with every missing field; present tells whether
// there is something to decorate.
func (c Config) check(port string, present bool) error {
	var checks fault.Checks
	checks.That(present, port, "required", "there must be a "+port+" to decorate")
	checks.That(c.Tracer != nil, "Tracer", "required", "Config.Tracer must be a provider of tracers")
	checks.That(c.Meter != nil, "Meter", "required", "Config.Meter must be a provider of meters")
	return checks.Err()
}

// counter makes an instrument that counts.
func (c Config) counter(name, unit, description string) (metric.Int64Counter, error) {
	made, err := c.Meter.Meter(scope).Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	return made, refused(err)
}

// refused is about an instrument that the host's provider did not make.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Internal, "instrument-refused", "the meter provider did not make an instrument")
}
