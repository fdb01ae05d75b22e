package otel

import (
	"context"
	"reflect"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// Names of attributes, see the comment of the package.
const (
	operationKey  = attribute.Key("db.operation.name")
	rowsKey       = attribute.Key("db.response.returned_rows")
	errorTypeKey  = attribute.Key("error.type")
	portKey       = attribute.Key("superher.storage.port")
	attemptsKey   = attribute.Key("superher.storage.attempts")
	rolledBackKey = attribute.Key("superher.storage.rolled_back")
	advertiserKey = attribute.Key("superher.advertiser.id")
	reasonKey     = attribute.Key("superher.error.reason")
)

// panicked is the error type of a call that never returned.
const panicked = "panic"

// instruments are what all calls of a store are told to.
type instruments struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	failures metric.Int64Counter
}

func newInstruments(config Config) (*instruments, error) {
	duration, err := config.Meter.Meter(scope).Float64Histogram("superher.storage.operation.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of the calls of the storage ports."),
		// Those that the semantic conventions give for databases; the default ones are made for milliseconds.
		metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10))
	if err != nil {
		return nil, refused(err)
	}
	failures, err := config.counter("superher.storage.operation.errors", "{error}", "Failed calls of the storage ports.")
	if err != nil {
		return nil, err
	}
	return &instruments{tracer: config.Tracer.Tracer(scope), duration: duration, failures: failures}, nil
}

// observer tells of the calls of one port.
type observer struct {
	*instruments
	port       string
	advertiser tenant.ID // whose calls they are; zero where that is nobody or everybody
}

// of returns the observer of another port for the same advertiser.
func (o observer) of(port string) observer {
	o.port = port
	return o
}

// operation is one call while it runs.
type operation struct {
	observer
	method     string
	span       trace.Span
	began      time.Time
	errorType  string // "" is success
	reason     string
	attempts   int // runs of the fn of a transaction
	rolledBack bool
}

// begin starts the span of a call, which has panicked until it is settled. The
// call must be made with the returned context and ended with end.
func (o observer) begin(ctx context.Context, method string) (context.Context, *operation) {
	ctx, span := o.tracer.Start(ctx, "storage."+o.port+"."+method,
		trace.WithAttributes(operationKey.String(method), portKey.String(o.port)))
	if !o.advertiser.IsZero() && span.IsRecording() {
		span.SetAttributes(advertiserKey.String(o.advertiser.String()))
	}
	return ctx, &operation{observer: o, method: method, span: span, began: time.Now(), errorType: panicked}
}

// settle notes what the call returned.
func (op *operation) settle(err error) {
	if err == nil {
		op.errorType = ""
		return
	}
	failure := fault.Of(err)
	op.errorType, op.reason = string(known(failure.Code)), failure.Reason
}

// end tells what became of the call. It runs deferred, so that a panic on its
// way to the caller is told as well; that of the span, deferred by itself,
// would tell the value of the panic, which nobody has checked for secrets.
func (op *operation) end(ctx context.Context) {
	took := time.Since(op.began).Seconds()
	if op.span.IsRecording() {
		op.describe()
	}
	op.span.End()

	failed := op.errorType != ""
	if !op.duration.Enabled(ctx) && (!failed || !op.failures.Enabled(ctx)) {
		return
	}
	labels := []attribute.KeyValue{operationKey.String(op.method), portKey.String(op.port)}
	if failed {
		labels = append(labels, errorTypeKey.String(op.errorType))
	}
	set := metric.WithAttributeSet(attribute.NewSet(labels...))
	op.duration.Record(ctx, took, set)
	if failed {
		op.failures.Add(ctx, 1, set)
	}
}

func (op *operation) describe() {
	if op.attempts > 0 {
		op.span.SetAttributes(attemptsKey.Int(op.attempts))
	}
	if op.rolledBack {
		op.span.SetAttributes(rolledBackKey.Bool(true))
	}
	if op.errorType == "" {
		return
	}
	op.span.SetAttributes(errorTypeKey.String(op.errorType))
	if op.reason != "" {
		op.span.SetAttributes(reasonKey.String(op.reason))
	}
	// A refusal is an answer: a trace that is red for every unknown id hides the real trouble.
	switch fault.Code(op.errorType) {
	case fault.Unavailable, fault.Internal, panicked:
		op.span.SetStatus(codes.Error, op.reason)
	default:
	}
}

// known keeps the set of labels closed: what is no code is a defect.
func known(code fault.Code) fault.Code {
	if slices.Contains(fault.Codes(), code) {
		return code
	}
	return fault.Internal
}

// observe makes a call and tells of it.
func observe[T any](ctx context.Context, o observer, method string, call func(context.Context) (T, error)) (T, error) {
	ctx, op := o.begin(ctx, method)
	defer op.end(ctx)
	result, err := call(ctx)
	op.settle(err)
	return result, err
}

// ask observes a method with one argument.
func ask[A, T any](ctx context.Context, o observer, method string, call func(context.Context, A) (T, error), a A) (T, error) {
	return observe(ctx, o, method, func(ctx context.Context) (T, error) { return call(ctx, a) })
}

// ask2 observes a method with two arguments.
func ask2[A, B, T any](ctx context.Context, o observer, method string, call func(context.Context, A, B) (T, error), a A, b B) (T, error) {
	return observe(ctx, o, method, func(ctx context.Context) (T, error) { return call(ctx, a, b) })
}

// ask3 observes a method with three arguments.
func ask3[A, B, C, T any](ctx context.Context, o observer, method string, call func(context.Context, A, B, C) (T, error), a A, b B, c C) (T, error) {
	return observe(ctx, o, method, func(ctx context.Context) (T, error) { return call(ctx, a, b, c) })
}

// tell observes a method with one argument and no result.
func tell[A any](ctx context.Context, o observer, method string, call func(context.Context, A) error, a A) error {
	_, err := observe(ctx, o, method, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx, a) })
	return err
}

// tell2 observes a method with two arguments and no result.
func tell2[A, B any](ctx context.Context, o observer, method string, call func(context.Context, A, B) error, a A, b B) error {
	_, err := observe(ctx, o, method, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx, a, b) })
	return err
}

// tell3 observes a method with three arguments and no result.
func tell3[A, B, C any](ctx context.Context, o observer, method string, call func(context.Context, A, B, C) error, a A, b B, c C) error {
	_, err := observe(ctx, o, method, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx, a, b, c) })
	return err
}

// transact observes a transaction, whose span encloses the calls that fn makes
// with its context. An error of fn that comes back as it is was fn's decision:
// where a call within caused it, that call has told of it already.
func transact[T any](ctx context.Context, o observer, method string,
	run func(context.Context, func(context.Context, T) error) error, fn func(context.Context, T) error,
) error {
	ctx, op := o.begin(ctx, method)
	defer op.end(ctx)
	var own error
	err := run(ctx, func(ctx context.Context, tx T) error {
		op.attempts++
		own = fn(ctx, tx)
		return own
	})
	if err != nil && same(err, own) {
		op.rolledBack = true
		err = nil
	}
	op.settle(err)
	if op.rolledBack {
		return own
	}
	return err
}

// same reports whether the two are one value, not whether one wraps the other:
// a store that gave up after collisions may keep the last of them as its cause.
func same(err, own error) bool {
	return own != nil && reflect.ValueOf(err).Comparable() && reflect.ValueOf(own).Comparable() &&
		err == own //nolint:errorlint // see above
}
