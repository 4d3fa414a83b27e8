package grafanacloudextension

import (
	"fmt"
	"strings"
	"testing"
)

// lived is what comes of a request, the line of the log and what stands in it.
type lived struct {
	answer string
	line   string
	verdict
}

// lives is every verdict on an answer, in the order of the page.
var lives = []lived{
	{"401 `legacy auth cannot be upgraded because the host is not found`", lineRefused, refusedPairless},
	{"401 `invalid authentication credentials`, or anything else", lineRefused, refusedCredential},
	{"403, or 401 `invalid scope requested`", lineRefused, refusedScope(metrics)},
	{"404, 405", lineRefused, refusedPath},
	{"200 with `text/html`, 301, 302, 303", lineRefused, refusedPage},
	{"429", lineWaiting, throttled},
	{"502, 503, 504", lineWaiting, unavailable},
	{"no answer: host name", lineWaiting, networkName},
	{"no answer: refused", lineWaiting, networkRefused},
	{"no answer: time-out", lineWaiting, networkTimeout},
	{"no answer: proxy", lineWaiting, networkProxy},
	{"no answer: no TLS", lineWaiting, networkPlain},
	{"no answer: unknown authority", lineWaiting, networkAuthority},
	{"no answer: certificate", lineWaiting, networkCertificate},
	{"no answer: anything else", lineWaiting, networkOther},
	{"400", lineLost, lostBad},
	{"413", lineLost, lostTooLarge},
	{"415", lineLost, lostMediaType},
	{"500 and others from 500 on", lineLost, lostServer},
	{"other 3xx and 4xx", lineLost, lostOther},
	{"200, `err-mimir-max-series-per-user`", linePartial, rejectedSeries},
	{"200, `duplicate`", linePartial, rejectedDuplicate},
	{"200, `too-old`, `out-of-order`", linePartial, rejectedOld},
	{"200, `too-far-in-future`", linePartial, rejectedFuture},
	{"200, any other rejection", linePartial, rejectedOther},
	{"preflight: any other 3xx and 4xx", lineNotGateway, probeOther},
}

// The page shows each of them to the letter.
func TestLivingVerdictsAreOnThePage(t *testing.T) {
	var rows strings.Builder
	for _, row := range lives {
		fmt.Fprintf(&rows, "| %s | %s | %s | %s |\n", row.answer, firstSentence(row.line), quoted(row.meaning), quoted(row.remedy))
	}
	assertBlock(t, "live", "| answer | line | `meaning` | `remedy` |\n|---|---|---|---|\n"+rows.String())
}

func firstSentence(line string) string {
	sentence, _, _ := strings.Cut(line, ". ")
	return sentence
}
