package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// clause is a rule of genai-prices that says which ids mean a model.
type clause struct {
	operator string // or, and, equals, starts_with, ends_with, contains, regex
	text     string
	clauses  []clause
	matches  func(id string) bool // of a regex; nil where it is none that we can evaluate
}

// UnmarshalJSON reads {"equals": "gpt-4o"} and the like.
func (c *clause) UnmarshalJSON(text []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || len(object) != 1 {
		return errors.New("match must be an object with one key")
	}
	for operator, value := range object {
		c.operator = operator
		switch operator {
		case "or", "and":
			return json.Unmarshal(value, &c.clauses)
		case "equals", "starts_with", "ends_with", "contains", "regex":
			if err := json.Unmarshal(value, &c.text); err != nil {
				return err
			}
			return c.prepare()
		}
	}
	return fmt.Errorf("match has %q, which is no rule", c.operator)
}

func (c *clause) prepare() error {
	if c.operator == "regex" {
		c.matches = compile(c.text)
		return nil
	}
	c.text = fold(c.text)
	if c.text == "" || isGlob(c.text) {
		return fmt.Errorf("match %s %q is no part of an id", c.operator, c.text)
	}
	return nil
}

// maxExpression bounds a regular expression, whose look-aheads may nest. Those of the catalogue have some 100 characters.
const maxExpression = 1000

// compile is a regular expression of JavaScript as a test of ids, or nil. Of what Go's expressions do not have, it knows a
// negative look-ahead at the beginning: ^(?!.*-tts)gemini.
func compile(expression string) func(string) bool {
	if len(expression) > maxExpression {
		return nil
	}
	if refused, wanted, is := cutLookahead(expression); is {
		no, yes := compile("^"+refused), compile("^"+wanted)
		if no == nil || yes == nil {
			return nil
		}
		return func(id string) bool { return !no(id) && yes(id) }
	}
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return nil
	}
	return compiled.MatchString
}

func cutLookahead(expression string) (refused, wanted string, is bool) {
	rest, is := strings.CutPrefix(expression, "^(?!")
	depth, class := 1, false
	for i := 0; is && i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if depth == 0 {
			return rest[:i], rest[i+1:], true
		}
	}
	return "", "", false
}

// match says whether an id, in lower case, means the model.
func (c *clause) match(id string) bool {
	switch c.operator {
	case "or":
		return anyOf(c.clauses, id)
	case "and":
		return allOf(c.clauses, id)
	case "equals":
		return id == c.text
	case "starts_with":
		return strings.HasPrefix(id, c.text)
	case "ends_with":
		return strings.HasSuffix(id, c.text)
	case "contains":
		return strings.Contains(id, c.text)
	}
	return c.matches != nil && c.matches(id)
}

func anyOf(clauses []clause, id string) bool {
	for i := range clauses {
		if clauses[i].match(id) {
			return true
		}
	}
	return false
}

func allOf(clauses []clause, id string) bool {
	for i := range clauses {
		if !clauses[i].match(id) {
			return false
		}
	}
	return true
}

// names are what an id may be equal to.
func (c *clause) names() []string {
	if c.operator == "equals" {
		return []string{c.text}
	}
	var names []string
	for i := range c.clauses {
		if c.operator == "or" {
			names = append(names, c.clauses[i].names()...)
		}
	}
	return names
}

// isLoose says whether ids may match that are not equal to one of the names.
func (c *clause) isLoose() bool {
	if c.operator == "or" {
		return slices.ContainsFunc(c.clauses, func(one clause) bool { return one.isLoose() })
	}
	return c.operator != "equals"
}

// reach is what a clause matches, as the book can say it.
type reach struct {
	patterns []string // ids and globs
	stems    []string // ids that mean the model with a date after them
	partial  bool     // the clause matches more than that
}

func (c *clause) reach() reach {
	switch c.operator {
	case "or":
		return unite(c.clauses)
	case "and":
		return intersect(c.clauses)
	case "equals":
		return reach{patterns: []string{c.text}}
	case "starts_with":
		return reach{patterns: []string{c.text + "*"}}
	case "ends_with":
		return reach{patterns: []string{"*" + c.text}}
	case "contains":
		return reach{patterns: []string{"*" + c.text + "*"}}
	}
	return regexReach(c.text)
}

func unite(clauses []clause) reach {
	var all reach
	for i := range clauses {
		one := clauses[i].reach()
		all.patterns = append(all.patterns, one.patterns...)
		all.stems = append(all.stems, one.stems...)
		all.partial = all.partial || one.partial
	}
	return all
}

func intersect(clauses []clause) reach {
	all := reach{patterns: []string{"*"}}
	for i := range clauses {
		one := clauses[i].reach()
		meets, ok := meetAll(all.patterns, one.patterns)
		if !ok || one.partial || one.stems != nil {
			return reach{partial: true}
		}
		all.patterns = meets
	}
	return all
}

// regexReach knows the regular expressions that name one id, an id with a date after it, and an id with a digit after it.
func regexReach(expression string) reach {
	rest, anchored := strings.CutPrefix(expression, "^")
	for _, date := range []string{`-\d{8}$`, `-\d{4}-\d{2}-\d{2}$`} {
		if stem, ok := unescape(rest, date); ok && anchored {
			return reach{stems: []string{stem}}
		}
	}
	if id, ok := unescape(rest, "$"); ok && anchored {
		return reach{patterns: []string{id}}
	}
	id, ok := unescape(rest, `\d`)
	if !ok || !anchored {
		return reach{partial: true}
	}
	r := reach{}
	for digit := range 10 {
		r.patterns = append(r.patterns, fmt.Sprintf("%s%d*", id, digit))
	}
	return r
}

// unescape is the text that a regular expression with an end stands for before that end. It is false if that is not one.
func unescape(expression, end string) (text string, ok bool) {
	part, ok := strings.CutSuffix(expression, end)
	var literal strings.Builder
	escaped := false
	for _, r := range part {
		special := strings.ContainsRune(`.+*?()|[]{}^$\`, r)
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case escaped && !special && r != '-' && r != '/', !escaped && special:
			return "", false
		}
		literal.WriteRune(r)
		escaped = false
	}
	text = fold(literal.String())
	return text, ok && !escaped && text != "" && !isGlob(text)
}
