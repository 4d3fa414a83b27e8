package recorded

import "go.opentelemetry.io/collector/pdata/pcommon"

// attributes reads attributes by name; what is not there is empty.
type attributes struct{ pcommon.Map }

func (a attributes) text(key string) string {
	if v, ok := a.Get(key); ok {
		return v.AsString()
	}
	return ""
}

func (a attributes) number(key string) float64 {
	v, _ := a.known(key)
	return v
}

// known is a number, and whether it is there.
func (a attributes) known(key string) (float64, bool) {
	v, ok := a.Get(key)
	if !ok {
		return 0, false
	}
	return toNumber(v), true
}

func (a attributes) truth(key string) bool {
	v, ok := a.Get(key)
	return ok && v.Type() == pcommon.ValueTypeBool && v.Bool()
}

func (a attributes) texts(key string) []string {
	v, ok := a.Get(key)
	if !ok || v.Type() != pcommon.ValueTypeSlice {
		return nil
	}
	var all []string
	for _, each := range v.Slice().All() {
		all = append(all, each.AsString())
	}
	return all
}

func (a attributes) numbers(key string) map[string]float64 {
	v, ok := a.Get(key)
	if !ok || v.Type() != pcommon.ValueTypeMap {
		return nil
	}
	all := map[string]float64{}
	for name, each := range v.Map().All() {
		all[name] = toNumber(each)
	}
	return all
}

// toNumber is 0 of what is no number.
func toNumber(v pcommon.Value) float64 {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return float64(v.Int())
	case pcommon.ValueTypeDouble:
		return v.Double()
	default:
		return 0
	}
}
