package wire

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Match reports whether the whole of s matches. A pattern that cannot be compiled matches everything; a test compiles
// those of all models.
func (p *Pattern) Match(s string) bool {
	p.once.Do(func() { p.matcher, _ = compile(p.Source) })
	if p.matcher == nil {
		return true
	}
	return p.matcher.match(s)
}

// matcher is a compiled pattern: s must match one expression, must not match another, and may be limited in length.
type matcher struct {
	yes, no  *regexp.Regexp // no may be nil
	maxRunes int            // 0 for no limit
}

func (m *matcher) match(s string) bool {
	return m.yes.MatchString(s) && (m.no == nil || !m.no.MatchString(s)) && (m.maxRunes == 0 || utf8.RuneCountInString(s) <= m.maxRunes)
}

func compile(source string) (*matcher, error) {
	if hand, ok := handWritten[source]; ok {
		m := &matcher{yes: regexp.MustCompile(`^(?:` + hand.yes + `)$`), maxRunes: hand.maxRunes}
		if hand.no != "" {
			m.no = regexp.MustCompile(`^(?:` + hand.no + `)$`)
		}
		return m, nil
	}
	re, err := regexp.Compile(`^(?:` + rewrite(source) + `)$`)
	if err != nil {
		return nil, err
	}
	return &matcher{yes: re}, nil
}

// handWritten holds the patterns that use what Go's expressions lack: looking around, back references, large repeats.
var handWritten = map[string]struct {
	yes, no  string
	maxRunes int
}{
	// cognito-idp S3BucketType; lambda S3Bucket
	`^[0-9A-Za-z\.\-_]*(?<!\.)$`: {yes: `[0-9A-Za-z.\-_]*`, no: `.*\.`},
	`[0-9A-Za-z\.\-_]*(?<!\.)`:   {yes: `[0-9A-Za-z.\-_]*`, no: `.*\.`},
	// events PathParameter, ssm AlarmName; pipes PathParameter
	`^(?!\s*$).+`: {yes: `.+`, no: `\s*`},
	`(?!\s*$).+|(\$(\.[\w/_-]+(\[(\d+|\*)\])*)*)`: {yes: `.+`, no: `\s*`},
	// firehose ClusterJDBCURL, TagKey
	`jdbc:(redshift|postgresql)://((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(redshift(-serverless)?)\.([a-zA-Z0-9\.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+`: {
		yes: `jdbc:(redshift|postgresql)://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(redshift(-serverless)?)\.([a-zA-Z0-9.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+`,
	},
	`^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`: {yes: `[\p{L}\p{Z}\p{N}_.:/=+\-@%]*`, no: `aws:.*`},
	// iam accountAliasType
	`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`: {yes: `[a-z0-9][a-z0-9-]{1,61}[a-z0-9]`, no: `.*--.*`},
	// lambda FunctionUrlQualifier, Alias, CollectionName
	`((?!^\d+$)^[0-9a-zA-Z-_]+$)`:               {yes: `[0-9a-zA-Z\-_]+`, no: `\d+`},
	`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`:              {yes: `[a-zA-Z0-9\-_]+`, no: `[0-9]+`},
	`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`: {yes: `[_a-zA-Z0-9][^$]*`, no: `(?s:system\..*)`},
	// pipes EventBridgeEventSource: its first .* lets what looks ahead see any later place, too
	`.*(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w/_-]+(\[(\d+|\*)\])*)*).*`: {yes: `.*[/.\-_A-Za-z0-9].*|\$.*`},
	// scheduler Source
	`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`: {
		yes: `[/.\-_A-Za-z0-9].*|\$(\.[\w_-]+(\[(\d+|\*)\])*)*`, no: `aws\..*`,
	},
	// ssm InstancePropertyFilterValue, TargetLocationsURL
	`^.{1,100000}$`: {yes: `.+`, maxRunes: 100_000},
	`^https:\/\/[-a-zA-Z0-9@:%._\+~#=]{1,253}\.s3(\.[a-z\d-]{9,16})?\.amazonaws\.com\/.{1,2000}`: {
		yes: `https://[-a-zA-Z0-9@:%._+~#=]{1,253}\.s3(\.[a-z\d-]{9,16})?\.amazonaws\.com/.{1,1000}.{0,1000}`,
	},
	// ssm StringDateTime: ISO 8601 whose separators are all there or all left out
	`^([\-]?\d{4}(?!\d{2}\b))((-?)((0[1-9]|1[0-2])(\3([12]\d|0[1-9]|3[01]))?|W([0-4]\d|5[0-2])(-?[1-7])?|(00[1-9]|0[1-9]\d|[12]\d{2}|3([0-5]\d|6[1-6])))([T\s]((([01]\d|2[0-3])((:?)[0-5]\d)?|24\:?00)([\.,]\d(?!:))?)?(\17[0-5]\d([\.,]\d)?)?([zZ]|([\-])([01]\d|2[0-3]):?([0-5]\d)?)?)?)?$`: {
		yes: `-?\d{4}(` +
			`(-(` + isoMonth + `(-` + isoDay + `)?|` + isoWeek + `|` + isoOrdinal + `)|` + isoMonth + `(` + isoDay + `)?|` + isoWeek + `|` + isoOrdinal + `)` +
			`([T\s]((` + isoHour + `(:[0-5]\d([.,]\d)?(:[0-5]\d([.,]\d)?)?|[0-5]\d([.,]\d)?([0-5]\d([.,]\d)?)?)?|24:?00([.,]\d)?))?([zZ]|-` + isoHour + `:?([0-5]\d)?)?)?)?`,
		no: `-?\d{6}`,
	},
	// states CharacterRestrictedName
	`^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`: {yes: `[a-zA-Z0-9_\-.]+`, no: `[0-9]+`},
	// sts arnType: meant are the characters above U+FFFF
	`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`: {
		yes: `[\t\n\r -~\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+`,
	},
}

const (
	isoMonth   = `(0[1-9]|1[0-2])`
	isoDay     = `([12]\d|0[1-9]|3[01])`
	isoWeek    = `W([0-4]\d|5[0-2])(-?[1-7])?`
	isoOrdinal = `(00[1-9]|0[1-9]\d|[12]\d{2}|3([0-5]\d|6[1-6]))`
	isoHour    = `([01]\d|2[0-3])`
)

// posix maps Java's names of classes of ASCII characters to Go's.
var posix = map[string]string{
	"Alnum": "alnum", "Alpha": "alpha", "ASCII": "ascii", "Blank": "blank", "Cntrl": "cntrl", "Digit": "digit", "Graph": "graph",
	"Lower": "lower", "Print": "print", "Punct": "punct", "Space": "space", "Upper": "upper", "XDigit": "xdigit",
}

// rewrite turns Java's \uXXXX and \p{Name} into what Go understands.
func rewrite(source string) string {
	if !strings.Contains(source, `\u`) && !strings.Contains(source, `\p{`) {
		return source
	}
	var b strings.Builder
	inClass := false
	for i := 0; i < len(source); {
		rest := source[i:]
		switch {
		case strings.HasPrefix(rest, `\u`) && len(rest) >= 6:
			n := 6
			hex := rest[2:6]
			if high := rest[2:4]; high >= "D8" && high <= "DB" && len(rest) >= 12 && rest[6:8] == `\u` {
				hex, n = surrogates(hex, rest[8:12]), 12
			}
			b.WriteString(`\x{` + hex + `}`)
			i += n
		case strings.HasPrefix(rest, `\p{`):
			name, _, _ := strings.Cut(rest[3:], "}")
			class, ok := posix[name]
			switch {
			case !ok:
				b.WriteString(rest[:len(name)+4])
			case inClass:
				b.WriteString("[:" + class + ":]")
			default:
				b.WriteString("[[:" + class + ":]]")
			}
			i += len(name) + 4
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(rest[:2])
			i += 2
		default:
			inClass = rest[0] == '[' || inClass && rest[0] != ']'
			b.WriteByte(rest[0])
			i++
		}
	}
	return b.String()
}

// surrogates returns the character of a pair, all in hexadecimal.
func surrogates(high, low string) string {
	value := func(s string) (v rune) {
		for _, c := range s {
			v = v<<4 | rune(strings.IndexByte("0123456789ABCDEF", byte(c)))
		}
		return v
	}
	r := (value(high)-0xD800)<<10 + value(low) - 0xDC00 + 0x10000
	var b []byte
	for shift := 20; shift >= 0; shift -= 4 {
		b = append(b, "0123456789ABCDEF"[r>>shift&15])
	}
	return string(b)
}
