package dotenvprovider

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Every syntax error is a constant text with a line number in front: none can carry a part of the file.
var (
	errNotText = errors.New("is not UTF-8 text: save it as UTF-8")
	errName    = errors.New("does not begin with the name of a variable: write NAME=value, " +
		"with letters, digits, \"_\", \".\" and \"-\" in the name; a value must not go on in the next line")
	errNoEquals = errors.New("has no \"=\" behind the name of its variable: write NAME=value; " +
		"a value must not go on in the next line")
	errUnclosed = errors.New("has a value that begins with a quote which is not closed: " +
		"close it, or remove it")
	errBehindQuote = errors.New("has text behind the closing quote of its value: " +
		"put the whole value between the quotes, or remove them")
)

// variable is one NAME=value of a file, with the line that it begins in, counted from 1.
type variable struct {
	name, value string
	line        int
}

var (
	newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

	// The escapes that python-dotenv knows inside each kind of quotes. Any other backslash stands for itself.
	escapes = map[byte]*strings.Replacer{
		'\'': strings.NewReplacer(`\\`, `\`, `\'`, `'`),
		'"': strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`,
			`\a`, "\a", `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v"),
	}
)

// parse reads the variables of a .env file in their order, with the rules of python-dotenv, except that what is
// skipped there with a warning, or has no "=", is an error here.
func parse(text string) ([]variable, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errNotText
	}
	text = newlines.Replace(strings.TrimPrefix(text, "\ufeff"))
	s := scanner{text: text, rest: text}
	var variables []variable
	for s.skipBlankLines() {
		line := s.line()
		name, value, err := s.binding()
		if err != nil {
			return nil, fmt.Errorf("line %d %w", line, err)
		}
		variables = append(variables, variable{name: name, value: value, line: line})
	}
	return variables, nil
}

// scanner takes a text apart from the left. Its lines end in "\n".
type scanner struct {
	text string
	rest string // the part of text that is yet to be read
}

func (s *scanner) line() int {
	read := s.text[:len(s.text)-len(s.rest)]
	return 1 + strings.Count(read, "\n")
}

// skipBlankLines also skips comments, and the indentation of the line that follows. It reports whether there is one.
func (s *scanner) skipBlankLines() bool {
	for {
		s.rest = strings.TrimLeftFunc(s.rest, unicode.IsSpace)
		if !strings.HasPrefix(s.rest, "#") {
			return s.rest != ""
		}
		s.skipLine()
	}
}

func (s *scanner) skipLine() {
	_, s.rest, _ = strings.Cut(s.rest, "\n")
}

// skipSpace skips white space within the line and reports whether there was any.
func (s *scanner) skipSpace() bool {
	before := len(s.rest)
	s.rest = strings.TrimLeftFunc(s.rest, isSpaceInLine)
	return len(s.rest) < before
}

// binding reads one "[export] NAME = value [# comment]", of which only a quoted value may have several lines.
func (s *scanner) binding() (name, value string, err error) {
	if name, err = s.name(); err != nil {
		return "", "", err
	}
	s.skipSpace()
	if !strings.HasPrefix(s.rest, "=") {
		return "", "", errNoEquals
	}
	s.rest = s.rest[1:]
	if value, err = s.value(); err != nil {
		return "", "", err
	}
	return name, value, s.endOfLine()
}

func (s *scanner) name() (string, error) {
	if after, ok := strings.CutPrefix(s.rest, "export"); ok && strings.IndexFunc(after, isSpaceInLine) == 0 {
		s.rest = after
		s.skipSpace()
	}
	end := strings.IndexFunc(s.rest, endsName)
	if end < 0 {
		end = len(s.rest)
	}
	name := s.rest[:end]
	if name == "" || strings.ContainsFunc(name, isNotNameLetter) {
		return "", errName
	}
	s.rest = s.rest[end:]
	return name, nil
}

func (s *scanner) value() (string, error) {
	indented := s.skipSpace()
	switch {
	case s.rest == "" || s.rest[0] == '\n':
		return "", nil
	case s.rest[0] == '#' && indented:
		return "", nil
	case s.rest[0] == '"' || s.rest[0] == '\'':
		return s.quoted()
	}
	return s.unquoted(), nil
}

// quoted reads up to the closing quote. A backslash takes the letter after it along, so an escaped quote closes nothing.
func (s *scanner) quoted() (string, error) {
	quote := s.rest[0]
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case quote:
			value := s.rest[1:i]
			s.rest = s.rest[i+1:]
			return escapes[quote].Replace(value), nil
		}
	}
	return "", errUnclosed
}

// unquoted reads the rest of the line without its comment and without the white space at its end.
func (s *scanner) unquoted() string {
	line, _, _ := strings.Cut(s.rest, "\n")
	s.rest = s.rest[len(line):]
	return strings.TrimRightFunc(withoutComment(line), unicode.IsSpace)
}

// endOfLine reads what may stand behind a value.
func (s *scanner) endOfLine() error {
	s.skipSpace()
	if s.rest != "" && s.rest[0] != '#' && s.rest[0] != '\n' {
		return errBehindQuote
	}
	s.skipLine()
	return nil
}

// withoutComment cuts the line at the first "#" that has white space before it.
func withoutComment(line string) string {
	for i, r := range line {
		if r == '#' && endsInSpace(line[:i]) {
			return line[:i]
		}
	}
	return line
}

func endsInSpace(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(last)
}

func isSpaceInLine(r rune) bool {
	return r != '\n' && unicode.IsSpace(r)
}

func endsName(r rune) bool {
	return r == '=' || r == '#' || unicode.IsSpace(r)
}

func isNotNameLetter(r rune) bool {
	isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	isDigit := '0' <= r && r <= '9'
	return !isLetter && !isDigit && !strings.ContainsRune("_.-", r)
}
