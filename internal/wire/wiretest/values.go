package wiretest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// fromJSON turns a value of a vector, read with UseNumber, into what a Dynamic holds for the schema.
func (m *Model) fromJSON(s *wire.Schema, v any) (any, error) {
	if s.Kind == wire.KindDocument {
		b, err := json.Marshal(v)
		return wire.Document(b), err
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			of := s.Elem
			if s.Kind == wire.KindStructure {
				if of = m.find(s, key); of == nil {
					continue
				}
			}
			if value == nil && s.Kind == wire.KindStructure {
				continue
			}
			if _, isText := value.(string); of.JSONValue && !isText {
				text, err := json.Marshal(value)
				if err != nil {
					return nil, err
				}
				out[key] = string(text)
				continue
			}
			x, err := m.fromJSON(of.Of, value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			out[key] = x
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			of := s
			if s.Kind == wire.KindList {
				of = s.Elem.Of
			} // else the events of a stream
			var err error
			if out[i], err = m.fromJSON(of, value); err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
		}
		return out, nil
	case string:
		return fromText(s, v)
	case json.Number:
		return fromNumber(s, v.String())
	}
	return v, nil // a boolean or null
}

func (m *Model) find(s *wire.Schema, name string) *wire.Member {
	members := m.structures[s].members
	for i := range members {
		if members[i].Name == name {
			return &members[i]
		}
	}
	return nil
}

func fromText(s *wire.Schema, text string) (any, error) {
	switch s.Kind {
	case wire.KindString:
		return text, nil
	case wire.KindBlob:
		if s.Streaming {
			return io.Reader(bytes.NewReader([]byte(text))), nil
		}
		return []byte(text), nil
	case wire.KindFloat, wire.KindDouble:
		return strconv.ParseFloat(text, 64)
	case wire.KindTimestamp:
		if t, ok := wire.ParseTime(text); ok {
			return t, nil
		}
	default:
	}
	return nil, fmt.Errorf("%q cannot be a %s", text, s.Name)
}

func fromNumber(s *wire.Schema, text string) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, err
	}
	switch s.Kind {
	case wire.KindInteger:
		i, err := strconv.ParseInt(text, 10, 32)
		return int32(i), err
	case wire.KindLong:
		return strconv.ParseInt(text, 10, 64)
	case wire.KindFloat, wire.KindDouble:
		return f, nil
	case wire.KindTimestamp:
		seconds, fraction := math.Modf(f)
		return time.Unix(int64(seconds), int64(math.Round(fraction*1e6))*1000).UTC(), nil
	default:
	}
	return nil, fmt.Errorf("%s cannot be a %s", text, s.Name)
}

// Normal returns v in a form that cmp.Diff compares by meaning: bodies read, documents parsed, what is no number as text.
func Normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = Normal(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = Normal(value)
		}
		return out
	case io.Reader:
		b, err := io.ReadAll(v)
		if err != nil {
			return err
		}
		return b
	case wire.Document:
		var x any
		if err := json.Unmarshal(v, &x); err != nil {
			return err
		}
		return x
	case time.Time:
		return v.UTC()
	case float64:
		if math.IsNaN(v) {
			return "NaN"
		}
	}
	return v
}
