package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// Log says how to log. The zero value writes text from level info on.
type Log struct {
	Format string     // text or json; empty means text
	Level  slog.Level // of the least important line that is written
}

// NewLogger returns a logger that writes to w, one line an event.
func NewLogger(w io.Writer, l Log) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: l.Level}
	switch l.Format {
	case "", "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("unknown log format %q: want text or json", l.Format)
}
