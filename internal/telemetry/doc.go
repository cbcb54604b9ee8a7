// Package telemetry is how the platform tells about itself: logs (slog), metrics in Prometheus' format and traces over
// OTLP. Nothing in it is global: whoever logs, counts or traces was given the means to.
package telemetry
