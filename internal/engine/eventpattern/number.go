package eventpattern

import (
	"math"
	"strconv"
)

// parseNumber returns the value of a JSON number if a float64 stands for exactly that decimal: its shortest decimal form must
// be the number given. Others, such as integers of 20 digits, are not comparable and match only by their text.
func parseNumber(raw []byte) (float64, bool) {
	if f, ok := parseSmallInt(raw); ok {
		return f, true
	}
	var given decimal
	if !given.parse(raw) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, false
	}
	if given.digits == 0 {
		return 0, true // also for -0
	}
	if given.digits <= 15 && math.Abs(f) > 1e-300 {
		return f, true
	}
	var buf [32]byte
	var shortest decimal
	shortest.parse(strconv.AppendFloat(buf[:0], f, 'e', -1, 64))
	return f, shortest == given
}

// parseSmallInt is parseNumber for integers of up to 15 digits.
func parseSmallInt(raw []byte) (float64, bool) {
	digits, negative := raw, false
	if len(raw) > 0 && raw[0] == '-' {
		digits, negative = raw[1:], true
	}
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	if negative {
		n = -n
	}
	return float64(n), true
}

// maxDigits is how many significant digits the shortest form of a float64 can have.
const maxDigits = 17

// A decimal is a number without leading and trailing zeros: 0.d₁d₂…dₙ × 10^exponent.
type decimal struct {
	negative bool
	text     [maxDigits]byte
	digits   int
	exponent int
}

// parse reads a JSON number; it reports false if the number has more than maxDigits significant digits or an absurd exponent.
func (d *decimal) parse(raw []byte) bool {
	*d = decimal{}
	point, zeros, i := false, 0, 0
	if len(raw) > 0 && raw[0] == '-' {
		d.negative, i = true, 1
	}
	for ; i < len(raw) && raw[i]|0x20 != 'e'; i++ {
		c := raw[i]
		if c == '.' {
			point = true
			continue
		}
		switch {
		case c == '0' && d.digits == 0:
			if point {
				d.exponent--
			}
			continue
		case c == '0':
			zeros++
		case d.digits+zeros >= maxDigits:
			return false
		default:
			for ; zeros > 0; zeros-- {
				d.text[d.digits] = '0'
				d.digits++
			}
			d.text[d.digits] = c
			d.digits++
		}
		if !point {
			d.exponent++
		}
	}
	if i < len(raw) {
		e, err := strconv.Atoi(string(raw[i+1:]))
		if err != nil {
			return false
		}
		d.exponent += e
	}
	if d.digits == 0 {
		*d = decimal{}
	}
	return true
}
