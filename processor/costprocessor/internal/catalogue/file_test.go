package catalogue

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Whatever way a file is changed, its prices are in the book once it has been the same for a moment.
func TestFileIsChanged(t *testing.T) {
	for name, change := range map[string]func(b *bench){
		"written in place": func(b *bench) { b.write("a.yaml", home("m", "2")) },
		"replaced":         func(b *bench) { b.replace("a.yaml", home("m", "2")) },
		"replaced by one as old and as long": func(b *bench) {
			info, err := os.Stat(b.path("a.yaml"))
			require.NoError(b, err)
			b.write("new", home("m", "2"))
			require.NoError(b, os.Chtimes(b.path("new"), info.ModTime(), info.ModTime()))
			require.NoError(b, os.Rename(b.path("new"), b.path("a.yaml")))
		},
		"taken away and written anew": func(b *bench) {
			require.NoError(b, os.Remove(b.path("a.yaml")))
			b.write("a.yaml", home("m", "2"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.file("a.yaml", home("m", "1"))
			b.start()
			b.pass(settleTime)
			require.Equal(t, "1", b.price("m"))
			change(b)
			b.pass(29 * time.Second)
			assert.Equal(t, "1", b.price("m"), "not looked at yet")
			b.pass(time.Second)
			assert.Equal(t, "1", b.price("m"), "it may still be written")
			b.pass(settleTime)
			assert.Equal(t, "2", b.price("m"))
			assert.Equal(t, 1, b.swaps)
			assert.Equal(t, 2, b.counted("file loaded"), "at the start and now")
			assert.Zero(t, b.counted("file failed"))
			assert.Equal(t, []string{"[" + b.path("a.yaml") + "]"}, b.said(replaced, "from"))
		})
	}
}

// The files of a ConfigMap are led to by a link to a folder that is replaced.
func TestLinkIsReplaced(t *testing.T) {
	b := newBench(t)
	for version, price := range map[string]string{"v1": "1", "v2": "2"} {
		require.NoError(t, os.Mkdir(b.path(version), 0o700))
		b.write(filepath.Join(version, "a.yaml"), home("m", price))
	}
	require.NoError(t, os.Symlink("v1", b.path("data")))
	require.NoError(t, os.Symlink(filepath.Join("data", "a.yaml"), b.path("a.yaml")))
	b.settings.Files = []File{{Path: b.path("a.yaml")}}
	b.start()
	require.Equal(t, "1", b.price("m"))
	require.NoError(t, os.Symlink("v2", b.path("tmp")))
	require.NoError(t, os.Rename(b.path("tmp"), b.path("data")))
	b.settle()
	assert.Equal(t, "2", b.price("m"))
}

// A file that is untouched is not even read; what it says then cannot be seen.
func TestUntouchedFileIsNotRead(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	b.start()
	b.pass(settleTime)
	info, err := os.Stat(b.path("a.yaml"))
	require.NoError(t, err)
	b.write("a.yaml", home("m", "2"))
	require.NoError(t, os.Chtimes(b.path("a.yaml"), info.ModTime(), info.ModTime()))
	b.settle()
	assert.Equal(t, "1", b.price("m"))
	assert.Equal(t, 2, b.counted("file unchanged"))
}

// A file that is changed within the grain of the file system's clock is as old as before. So it is read twice.
func TestFileIsChangedWithinAMoment(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	info, err := os.Stat(b.path("a.yaml"))
	require.NoError(t, err)
	b.start()
	b.write("a.yaml", home("m", "2"))
	require.NoError(t, os.Chtimes(b.path("a.yaml"), info.ModTime(), info.ModTime()))
	b.pass(settleTime)
	b.pass(settleTime)
	assert.Equal(t, "2", b.price("m"))
}

// Half a file may be a good one. It is not taken while it grows.
func TestHalfAFile(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1", "n", "1"))
	b.start()
	b.pass(settleTime)
	b.write("a.yaml", home("m", "2"))
	b.pass(b.settings.LookInterval)
	b.write("a.yaml", home("m", "2", "n", "2")[:60])
	b.pass(settleTime)
	b.write("a.yaml", home("m", "2", "n", "2"))
	b.pass(settleTime)
	assert.Equal(t, "1 1", b.price("m")+" "+b.price("n"))
	b.pass(settleTime)
	assert.Equal(t, "2 2", b.price("m")+" "+b.price("n"))
	assert.Empty(t, b.said(failed, "error"))
}

// What a file has become may be of no use. The prices of before hold, it is said once and counted as long as it lasts, and
// other files are renewed all the same.
func TestFileIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(b *bench)
		want  string // in the message
	}{
		"no YAML": {func(b *bench) { b.write("a.yaml", "provider: [") }, "a.yaml: yaml: line 1"},
		"empty":   {func(b *bench) { b.write("a.yaml", "") }, "a.yaml: is no price file that we know"},
		"a row that is wrong": {
			func(b *bench) { b.write("a.yaml", home("m", "2", "n", "-1")) },
			`a.yaml: row 2 (n characters): price "-1"`,
		},
		"rows that overlap": {
			func(b *bench) { b.write("a.yaml", home("m", "2", "m", "3")) },
			"two rows price characters of home/m at the same time",
		},
		"too large": {
			func(b *bench) { b.write("a.yaml", "#"+strings.Repeat("-", int(b.settings.MaxBytes))) },
			"a.yaml: is too large: at most 1048576 bytes are read",
		},
		"gone": {
			func(b *bench) { require.NoError(b, os.Remove(b.path("a.yaml"))) },
			"a.yaml: no such file or directory",
		},
		"a folder": {
			func(b *bench) {
				require.NoError(b, os.Remove(b.path("a.yaml")))
				require.NoError(b, os.Mkdir(b.path("a.yaml"), 0o700))
			},
			"a.yaml: is not a file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.file("a.yaml", home("m", "1"))
			b.file("b.yaml", home("o", "1"))
			b.start()
			b.pass(settleTime)
			test.spoil(b)
			b.settle()
			require.Equal(t, "1", b.price("m"))
			require.Len(t, b.said(failed, "error"), 1)
			assert.Contains(t, b.said(failed, "error")[0], test.want)
			assert.Equal(t, []string{b.path("a.yaml")}, b.said(failed, "from"))

			b.write("b.yaml", home("o", "2"))
			b.settle()
			assert.Equal(t, "2", b.price("o"))
			assert.Len(t, b.said(failed, "error"), 1, "once")
			assert.Equal(t, 3, b.counted("file failed"), "at each look")

			require.NoError(t, os.RemoveAll(b.path("a.yaml")))
			b.write("a.yaml", home("m", "4"))
			b.settle()
			assert.Equal(t, "4", b.price("m"))
			assert.Len(t, b.said(again, "from"), 1)
		})
	}
}

// Another way to be wrong is said.
func TestAnotherTroubleIsSaid(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	b.start()
	for _, price := range []string{"-1", "-1", "x"} {
		b.write("a.yaml", "# "+time.Now().String()+"\n"+home("m", price))
		b.settle()
	}
	assert.Len(t, b.said(failed, "error"), 2)
}

// What a file has before it was spoilt is as good as a new file.
func TestFileIsAsItWas(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	b.start()
	b.write("a.yaml", home("m", "-1"))
	b.settle()
	b.write("a.yaml", home("m", "1"))
	b.settle()
	b.pass(b.settings.LookInterval)
	assert.Equal(t, map[string]int{"file failed": 1, "file loaded": 2, "file unchanged": 1}, b.counts)
	assert.Zero(t, b.swaps, "it is the same book")
	assert.Len(t, b.said(again, "from"), 1)
}

// What fits only together is taken together, also where a part of it comes later.
func TestFilesFitTogether(t *testing.T) {
	b := newBench(t)
	b.file("rows.yaml", home("m", "1"))
	b.file("names.yaml", "provider: home\nmodel_aliases: {short: m}\nrows: []\n")
	b.start()
	b.write("names.yaml", "provider: home\nmodel_aliases: {short: n}\nrows: []\n")
	b.settle()
	assert.Equal(t, "1", b.price("short"))
	require.Len(t, b.said(failed, "error"), 1)
	assert.Contains(t, b.said(failed, "error")[0], "names.yaml: model_aliases.short: there is no row of home/n")

	b.write("rows.yaml", home("n", "2"))
	b.settle()
	assert.Equal(t, "2 no_model", b.price("short")+" "+b.price("m"))
	assert.Equal(t, 1, b.swaps)
	assert.Len(t, b.said(again, "from"), 1)
}

// Later files hold over earlier ones and rows of the configuration over all, whatever changes last.
func TestOrderOfLayers(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1", "n", "1", "o", "1"))
	b.file("b.yaml", home("m", "2", "n", "2"))
	b.settings.Overrides = []pricing.Row{
		{Provider: "home", Models: []string{"m"}, Usage: "characters", Unit: "character", Price: "3", Per: "1"},
	}
	b.start()
	prices := func() string { return b.price("m") + b.price("n") + b.price("o") }
	assert.Equal(t, "321", prices())
	b.write("a.yaml", home("m", "4", "n", "4", "o", "4"))
	b.settle()
	assert.Equal(t, "324", prices())
}

func TestStartRefusesFiles(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "-1", "n", "x"))
	b.file("b.yaml", "rows: [")
	b.settings.Files = append(b.settings.Files, File{Path: b.path("none.yaml")})
	err := b.tryStart()
	assert.ErrorContains(t, err, "none.yaml: no such file or directory")
	assert.ErrorContains(t, err, "b.yaml: yaml: line 1")

	b.write("b.yaml", home("m", "1"))
	b.settings.Files = b.settings.Files[:2]
	err = b.tryStart()
	assert.ErrorContains(t, err, `a.yaml: row 1 (m characters): price "-1"`)
	assert.ErrorContains(t, err, `a.yaml: row 2 (n characters): price "x"`)
	assert.Nil(t, b.Book())
}

// A pipe would have the start wait for ever.
func TestStartRefusesWhatIsNoFile(t *testing.T) {
	b := newBench(t)
	b.settings.Files = []File{{Path: b.dir}}
	assert.ErrorContains(t, b.tryStart(), "is not a file")
}

// Without an interval, and without files, nothing runs.
func TestNothingToFollow(t *testing.T) {
	b := newBench(t)
	b.start()
	assert.False(t, b.Changes())
	b.file("a.yaml", home("m", "1"))
	b.settings.LookInterval = 0
	b.start()
	assert.False(t, b.Changes())
	b.write("a.yaml", home("m", "2"))
	b.clock.Advance(time.Hour)
	assert.Equal(t, "1", b.price("m"))
	b.settings.LookInterval = time.Hour
	b.start()
	assert.True(t, b.Changes())
}

func TestAge(t *testing.T) {
	b := newBench(t)
	b.start()
	age, known := b.Age(FromProgram)
	assert.True(t, known)
	assert.Equal(t, 22*24*time.Hour+12*time.Hour, age)
	_, known = b.Age(FromFiles)
	assert.False(t, known)
	_, known = b.Age(FromAddress)
	assert.False(t, known)

	b.file("a.yaml", home("m", "1"))
	b.file("b.yaml", home("n", "1"))
	require.NoError(t, os.Chtimes(b.path("a.yaml"), noon, noon.Add(-time.Minute)))
	require.NoError(t, os.Chtimes(b.path("b.yaml"), noon, noon.Add(-time.Hour)))
	b.start()
	age, known = b.Age(FromFiles)
	assert.True(t, known)
	assert.Equal(t, time.Hour, age, "of the oldest")

	b.write("b.yaml", home("n", "2"))
	require.NoError(t, os.Chtimes(b.path("b.yaml"), noon, noon.Add(time.Hour)))
	b.settle()
	age, _ = b.Age(FromFiles)
	assert.Equal(t, time.Minute+31*time.Second, age)
	require.NoError(t, os.Chtimes(b.path("a.yaml"), noon, noon.Add(time.Hour)))
}

// Whatever is done to a file, what is in force is the last of its good contents that has lasted.
func TestFileIsChangedAtRandom(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBench(t)
		b.file("a.yaml", home("m", "1"))
		b.start()
		inForce := "1"
		for step := range 60 {
			price := strconv.Itoa(step + 2)
			text := home("m", price)
			lasts := true
			switch random.IntN(6) {
			case 0:
				b.write("a.yaml", text)
			case 1:
				b.replace("a.yaml", text)
			case 2:
				text, lasts = home("m", "-"+price), false
				b.write("a.yaml", text)
			case 3:
				lasts = false
				require.NoError(t, os.RemoveAll(b.path("a.yaml")))
			case 4: // half of it, at a look
				b.write("a.yaml", text[:random.IntN(len(text))])
				b.pass(b.settings.LookInterval)
				b.write("a.yaml", text)
				b.pass(settleTime)
			case 5: // two at once
				b.write("a.yaml", home("m", "1000"))
				b.replace("a.yaml", text)
			}
			require.Equal(t, inForce, b.price("m"), "not before it has lasted")
			b.settle()
			if lasts {
				inForce = price
			}
			require.Equal(t, inForce, b.price("m"), "seed %d step %d", seed, step)
		}
		b.stop()
	}
}

// Close may come first, again, and with no time left.
func TestClose(t *testing.T) {
	b := newBench(t)
	require.NoError(t, New(b.settings).Close(context.Background()))
	b.file("a.yaml", home("m", "1"))
	b.start()
	b.stop()
	b.stop()
	assert.Equal(t, "1", b.price("m"), "requests under way finish")
}
