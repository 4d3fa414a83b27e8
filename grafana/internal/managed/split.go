package managed

import (
	"errors"

	"github.com/prometheus/prometheus/promql/parser"
)

var errNoThreshold = errors.New("has no threshold: write `… > NUMBER`, `… < NUMBER`, either of them before `and` or `unless`, or absent(…)")

// threshold is the comparison that a value has to pass.
type threshold struct {
	operator string // Grafana's word
	number   float64
}

var operators = map[parser.ItemType]string{parser.GTR: "gt", parser.LSS: "lt"}

// split takes the threshold out of an expression: `x > 5 and y` is x and y above 5. It holds because `and` and `unless` leave
// the values of their left side as they are. absent(…) is 1 where it is anything, and so above 0.
func split(expr parser.Expr) (parser.Expr, threshold, error) {
	switch e := expr.(type) {
	case *parser.Call:
		if e.Func.Name == "absent" {
			return e, threshold{operator: operators[parser.GTR]}, nil
		}
	case *parser.BinaryExpr:
		return splitBinary(e)
	}
	return nil, threshold{}, errNoThreshold
}

func splitBinary(e *parser.BinaryExpr) (parser.Expr, threshold, error) {
	if e.Op == parser.LAND || e.Op == parser.LUNLESS {
		left, limit, err := split(e.LHS)
		whole := *e
		whole.LHS = left
		return &whole, limit, err
	}
	number, isNumber := e.RHS.(*parser.NumberLiteral)
	operator, known := operators[e.Op]
	if !isNumber || !known || e.ReturnBool {
		return nil, threshold{}, errNoThreshold
	}
	return e.LHS, threshold{operator: operator, number: number.Val}, nil
}
