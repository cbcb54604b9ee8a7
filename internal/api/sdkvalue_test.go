package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
	"github.com/cumulet/cumulet/internal/wire/wiretest"
)

// converter turns the values of a Dynamic into structures of AWS's SDK and back, by reflection.
type converter struct {
	shape  *wiretest.Dynamic
	unions []any // a pointer to each member of the SDK's unions
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	readerType = reflect.TypeFor[io.Reader]()
	bytesType  = reflect.TypeFor[[]byte]()
)

// field returns the SDK's field for a member.
func field(v reflect.Value, m *wire.Member) (reflect.Value, error) {
	f := v.FieldByName(strings.ToUpper(m.Name[:1]) + m.Name[1:])
	if !f.IsValid() {
		return f, fmt.Errorf("%s has no field %s", v.Type(), m.Name)
	}
	return f, nil
}

// set sets v, a value of the SDK, from a value of a Dynamic.
func (c *converter) set(v reflect.Value, s *wire.Schema, value any) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	text, isText := value.(string)
	switch {
	case v.Type() == timeType && isText: // the model has a string, the SDK a time
		t, ok := wire.ParseTime(text)
		if !ok {
			return fmt.Errorf("%q is no time", text)
		}
		v.Set(reflect.ValueOf(t))
	case v.Type() == timeType, v.Type() == bytesType, v.Type() == readerType:
		v.Set(reflect.ValueOf(value))
	case v.Kind() == reflect.Interface:
		return c.setUnion(v, s, value.(map[string]any))
	case v.Kind() == reflect.Struct:
		return c.setStruct(v, s, value.(map[string]any))
	case v.Kind() == reflect.Slice:
		list := value.([]any)
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, e := range list {
			if err := c.set(v.Index(i), s.Elem.Of, e); err != nil {
				return err
			}
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for key, e := range value.(map[string]any) {
			x := reflect.New(v.Type().Elem()).Elem()
			if err := c.set(x, s.Elem.Of, e); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), x)
		}
	case v.Kind() == reflect.String && !isText: // the model has a number, the SDK a string
		v.SetString(fmt.Sprint(value))
	default:
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
	}
	return nil
}

func (c *converter) setStruct(v reflect.Value, s *wire.Schema, values map[string]any) error {
	for _, m := range c.shape.MembersOf(s) {
		value, ok := values[m.Name]
		if !ok {
			continue
		}
		f, err := field(v, &m)
		if err != nil {
			return err
		}
		if err := c.set(f, m.Of, value); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

func (c *converter) setUnion(v reflect.Value, s *wire.Schema, values map[string]any) error {
	for _, m := range c.shape.MembersOf(s) {
		value, ok := values[m.Name]
		if !ok {
			continue
		}
		for _, u := range c.unions {
			t := reflect.TypeOf(u).Elem()
			if !reflect.PointerTo(t).AssignableTo(v.Type()) || !strings.HasSuffix(strings.ToLower(t.Name()), "member"+strings.ToLower(m.Name)) {
				continue
			}
			x := reflect.New(t)
			v.Set(x)
			return c.set(x.Elem().FieldByName("Value"), m.Of, value)
		}
		return fmt.Errorf("the test knows no type for %s.%s", v.Type(), m.Name)
	}
	return fmt.Errorf("%s: no member is set", v.Type())
}

// get returns what a Dynamic holds for v, a value of the SDK; nil when it is absent.
func (c *converter) get(v reflect.Value, s *wire.Schema) (any, error) {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		if v.IsNil() {
			return nil, nil
		}
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType && s.Kind == wire.KindString:
		return string(wire.AppendHTTPDate(nil, v.Interface().(time.Time))), nil
	case v.Type() == timeType, v.Type() == bytesType:
		return v.Interface(), nil
	case s.Kind == wire.KindBlob:
		return v.Interface().(io.Reader), nil
	case v.Kind() == reflect.Interface:
		return c.getUnion(v, s)
	case v.Kind() == reflect.Struct:
		values := map[string]any{}
		for _, m := range c.shape.MembersOf(s) {
			if m.Of.EventStream {
				continue
			}
			f, err := field(v, &m)
			if err != nil {
				return nil, err
			}
			value, err := c.get(f, m.Of)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
			if value != nil {
				values[m.Name] = value
			}
		}
		return values, nil
	case v.Kind() == reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			e, err := c.get(v.Index(i), s.Elem.Of)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		return list, nil
	case v.Kind() == reflect.Map:
		entries := map[string]any{}
		for _, key := range v.MapKeys() {
			e, err := c.get(v.MapIndex(key), s.Elem.Of)
			if err != nil {
				return nil, err
			}
			entries[key.String()] = e
		}
		return entries, nil
	}
	return scalar(v, s.Kind), nil
}

func (c *converter) getUnion(v reflect.Value, s *wire.Schema) (any, error) {
	t := v.Elem().Elem().Type()
	for _, m := range c.shape.MembersOf(s) {
		if strings.HasSuffix(strings.ToLower(t.Name()), "member"+strings.ToLower(m.Name)) {
			value, err := c.get(v.Elem().Elem().FieldByName("Value"), m.Of)
			return map[string]any{m.Name: value}, err
		}
	}
	return nil, fmt.Errorf("%s is no member of %s", t, s.Name)
}

func scalar(v reflect.Value, kind wire.Kind) any {
	if v.Kind() == reflect.String && kind == wire.KindInteger {
		n, err := strconv.Atoi(v.String())
		if err != nil {
			return err
		}
		return int32(n)
	}
	switch kind {
	case wire.KindString:
		return v.String()
	case wire.KindInteger:
		return int32(v.Int())
	case wire.KindLong:
		return v.Int()
	case wire.KindFloat, wire.KindDouble:
		return v.Float()
	default:
		return v.Interface()
	}
}

// asJSON returns a shape in the form in which shapes of all makes are compared.
func asJSON(t testing.TB, s wire.Shape) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(jsonbody.SDK.Append(nil, s), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// convert gives dst, an empty shape, the members of src.
func convert(t testing.TB, dst, src wire.Shape) {
	t.Helper()
	text := string(jsonbody.SDK.Append(nil, src))
	if _, err := jsonbody.SDK.Decode(text, dst); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// call calls an operation of an SDK's client with a filled input.
func (c *converter) call(ctx context.Context, client any, op string, in *wiretest.Dynamic) (reflect.Value, error) {
	method := reflect.ValueOf(client).MethodByName(op)
	if !method.IsValid() {
		return reflect.Value{}, fmt.Errorf("the SDK has no operation %s", op)
	}
	input := reflect.New(method.Type().In(1).Elem())
	c.shape = in
	if err := c.setStruct(input.Elem(), in.Schema(), in.Values); err != nil {
		return reflect.Value{}, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	err, _ := reflect.TypeAssert[error](results[1])
	return results[0], err
}
