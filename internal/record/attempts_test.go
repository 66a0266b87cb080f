package record

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

// row has closed attempts that ended at these seconds.
func row(ends ...float64) Row {
	r := Row{N: len(ends)}
	for i, end := range ends {
		r.Tries = append(r.Tries, Try{ID: string(rune('a' + i)), Owner: "o", End: at(end)})
	}
	if len(ends) > 0 {
		r.First = at(ends[0])
	}
	return r
}

func TestFree(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row   Row
		limit int
		now   float64
		want  float64 // 0: at once
	}{
		"none":                  {row(), 4, 0, 0},
		"three of four":         {row(0, 1, 2), 4, 3, 0},
		"four of four":          {row(0, 1, 2, 3), 4, 4, 630},
		"the first is over":     {row(0, 1, 2, 3), 4, 630, 0},
		"not yet":               {row(0, 1, 2, 3), 4, 629, 630},
		"limit two of three":    {row(0, 10, 20), 2, 21, 640},
		"no limit":              {row(0, 1, 2, 3, 4, 5), -1, 6, 0},
		"limit one":             {row(5), 1, 6, 635},
		"the future is now":     {row(0, 1, 2, 10_000), 4, 3, 630},
		"future only":           {row(10_000, 20_000, 30_000, 40_000), 4, 3, 633},
		"unsorted":              {row(3, 2, 1, 0), 4, 4, 630},
		"more than the limit":   {row(0, 1, 2, 3, 4), 4, 5, 631},
		"a limit of 0 is of 1":  {row(7), 0, 8, 637},
		"nothing, a limit of 0": {row(), 0, 8, 0},
	} {
		got := c.row.Free(c.limit, at(c.now))
		if c.want == 0 {
			assert.Zero(t, got, name)
		} else {
			assert.Equal(t, at(c.want), got, name)
		}
	}
	both := Attempts{Password: row(0, 1, 2, 3), Code: row(5, 6, 7, 8)}
	assert.Equal(t, at(635), both.Free(4, at(9)), "the later of both")
	assert.Equal(t, 4, both.Count(at(9)))
	assert.Equal(t, 3, both.Count(at(635)))
}

func TestRowOfFailures(t *testing.T) {
	t.Parallel()
	due := func(r Row) time.Time { return r.Due(at(float64(r.N)*10), false, 0) }
	r := Row{}.Begin(Try{ID: "a", Owner: "o", End: at(35)}, at(0))
	open := r
	r = r.Fail("a", at(1), due)
	assert.True(t, open.Tries[0].Open, "the row before is as it was")
	assert.Equal(t, Row{First: at(1), Next: at(13.2), N: 1, Tries: []Try{{ID: "a", Owner: "o", End: at(1)}}}, r)
	for i, id := range []string{"b", "c", "d", "e"} {
		r = r.Begin(Try{ID: id, Owner: "o", End: at(100)}, at(10)).Fail(id, at(float64(11+i)), due)
	}
	require.Len(t, r.Tries, 5)
	assert.Equal(t, []Try{{ID: "f", Open: true}}, r.Begin(Try{ID: "f"}, at(1000)).Tries, "what no longer counts is forgotten")
	many := r
	for i := range 100 {
		many = many.Begin(Try{ID: strconv.Itoa(i), End: at(100)}, at(10))
	}
	assert.Len(t, many.Tries, 32)
	assert.Equal(t, 5, r.N)
	assert.Equal(t, at(1), r.First)

	quick := r
	quick.Next = at(20)
	again := quick.Begin(Try{ID: "f"}, at(14+631))
	assert.Equal(t, 0, again.N, "the row is over")
	assert.Zero(t, again.First)
	slow := r
	slow.Next = at(2000)
	assert.Equal(t, 5, slow.Begin(Try{ID: "f"}, at(2000)).N, "not while the next is not yet due")

	assert.Equal(
		t,
		[]Try{{ID: "a", Open: true}},
		Row{}.Begin(Try{ID: "a"}, at(0)).Begin(Try{ID: "a"}, at(0)).Tries,
		"announced twice, counted once",
	)
	assert.True(t, Row{}.Begin(Try{ID: "a"}, at(0)).Cancel("a").IsZero())
	assert.True(t, r.Has("e"))
	assert.False(t, r.Has("z"))
	assert.Equal(t, r, r.Fail("e", at(99), due), "an attempt fails once")
	assert.Equal(t, 6, r.Fail("unknown", at(99), due).N)
}

func TestSucceed(t *testing.T) {
	t.Parallel()
	r := row(0, 1, 2).Succeed("b")
	assert.Equal(t, []Try{{ID: "c", Owner: "o", End: at(2)}}, r.Tries, "what came after it stays")
	assert.Zero(t, r.N)
	assert.Equal(t, []string{"a"}, r.Cleared)
	again := r.Begin(Try{ID: "d"}, at(3)).Succeed("d")
	assert.Equal(t, []string{"a"}, again.Cleared[:1], "a second success forgets none that was cleared")
	beside := row(0).Begin(Try{ID: "open", End: at(35)}, at(1)).Begin(Try{ID: "z"}, at(1)).Succeed("z")
	assert.Equal(t, []string{"a"}, beside.Cleared, "not what is still under way")
	alone := Row{}.Begin(Try{ID: "a"}, at(0)).Succeed("a")
	assert.True(t, alone.IsZero(), "a login that works at once leaves nothing")
	unknown := row(0, 1).Succeed("unknown")
	assert.Zero(t, unknown.N)
	assert.Empty(t, unknown.Cleared, "nothing is known to have ended before it")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	ours, theirs := row(0, 1), row(0, 1, 2)
	theirs.Next = at(99)
	merged := Attempts{Password: ours}.Merge(Attempts{Password: theirs, Last: Failure{Kind: "x"}})
	assert.Equal(t, theirs, merged.Password)
	assert.Equal(t, "x", merged.Last.Kind)
	assert.Equal(t, theirs, Attempts{Password: theirs}.Merge(Attempts{Password: ours}).Password, "whichever way")

	open := Row{Tries: []Try{{ID: "a", End: at(35), Open: true}}}
	closed := Row{N: 1, First: at(1), Tries: []Try{{ID: "a", End: at(1)}}}
	for _, m := range []Row{open.merge(closed), closed.merge(open)} {
		assert.Equal(t, closed, m, "the closed one is right")
	}
	overdue := Row{N: 1, First: at(1), Tries: []Try{{ID: "a", End: at(40)}}}
	assert.Equal(t, overdue, open.merge(overdue), "also where it ended after its time")
	assert.Equal(t, closed, closed.merge(Row{}))
	assert.Equal(t, closed, Row{}.merge(closed))

	late := row(0, 1, 2)
	late.Next = at(700)
	late = late.Begin(Try{ID: "z"}, at(640)).Cancel("z")
	assert.Empty(t, late.Tries)
	assert.False(t, late.IsZero())
	assert.Equal(t, 3, Row{}.merge(late).N, "failures count on though their attempts are forgotten")

	cleared := Row{Cleared: []string{"a", "b"}}
	for _, m := range []Row{cleared.merge(row(0, 1, 2)), row(0, 1, 2).merge(cleared)} {
		assert.Equal(t, []Try{{ID: "c", Owner: "o", End: at(2)}}, m.Tries, "a success has cleared what ended before")
		assert.Equal(t, 1, m.N)
	}
	both := Row{Cleared: []string{"b", "c"}}
	assert.Equal(t, []string{"a", "b", "c"}, cleared.merge(both).Cleared)
	for i := range 20 {
		both.Cleared = append(both.Cleared, strconv.Itoa(i))
	}
	assert.Len(t, cleared.merge(both).Cleared, 16)
	assert.Equal(t, "19", cleared.merge(both).Cleared[15], "the latest")
	assert.False(t, cleared.IsZero())
	assert.False(t, open.IsZero())
	assert.False(t, Attempts{Password: cleared}.IsZero())
	assert.False(t, Attempts{Code: cleared}.IsZero())
	assert.Equal(t, late.N, late.merge(Row{Cleared: []string{"unknown"}}).N, "what is forgotten cannot be cleared")

	partly := row(0, 1, 2).Begin(Try{ID: "open"}, at(3))
	partly.Next = at(50)
	partly = partly.merge(cleared)
	assert.Equal(t, Row{N: 1, First: at(0), Next: at(50), Tries: partly.Tries, Cleared: cleared.Cleared}, partly)
	assert.Len(t, partly.Tries, 2)
	none := row(0, 1)
	none.Next = at(50)
	assert.Equal(t, Row{Cleared: cleared.Cleared}, none.merge(cleared), "then nothing is due either")

	mixed := row(0, 2).merge(Row{N: 2, Next: at(77), Tries: []Try{{ID: "c", End: at(1)}}})
	assert.Equal(t, []string{"a", "c", "b"}, []string{mixed.Tries[0].ID, mixed.Tries[1].ID, mixed.Tries[2].ID}, "by their ends")
	assert.Equal(t, row(0, 2).Next, mixed.Next, "of two rows alike the own one")
	kept := Attempts{Last: Failure{Kind: "ours"}}.Merge(Attempts{Last: Failure{Kind: "theirs"}})
	assert.Equal(t, "ours", kept.Last.Kind)
	still := cleared.merge(Row{Tries: []Try{{ID: "a", End: at(0), Open: true}}})
	assert.Empty(t, still.Tries, "one that is cleared is over, though this list has it open")
	unsaved := Row{}.Clear("a").merge(Row{Tries: []Try{{ID: "a", Open: true}, {ID: "b", Open: true}}})
	assert.Equal(t, []Try{{ID: "b", Open: true}}, unsaved.Tries)
	settled := Attempts{Password: cleared, Code: row(0)}.Settled()
	assert.Equal(t, Attempts{Code: row(0)}, settled)
	assert.Equal(t, Attempts{Password: open}, Attempts{Password: open}.Settled(), "an attempt under way")
	assert.Equal(t, Attempts{Code: Row{N: 2}}, Attempts{Code: Row{N: 2}}.Settled(), "failures in a row")
	before := Row{Cleared: make([]string, 1, 9)}
	assert.Equal(t, []string{"", "x"}, before.Clear("x").Cleared)
	x, y := before.Clear("x"), before.Clear("y")
	assert.NotEqual(t, x.Cleared, y.Cleared, "a list is never written to")
	assert.Equal(t, row(0), row(0).Succeed(""), "no attempt")
	assert.Equal(t, row(0), row(0).Clear(""))
}

func TestBounded(t *testing.T) {
	t.Parallel()
	ahead := Row{N: 2, First: at(500), Next: at(9000), Tries: []Try{{ID: "a", End: at(500)}, {ID: "b", End: at(535), Open: true},
		{ID: "c", End: at(99999), Open: true}}}
	got := Attempts{Password: ahead}.Bounded(at(0)).Password
	assert.Equal(t, Row{N: 2, First: at(0), Next: at(630), Tries: []Try{{ID: "a", End: at(0)}, {ID: "b", End: at(535), Open: true},
		{ID: "c", End: at(630), Open: true}}}, got)
	assert.Equal(t, at(630), ahead.merge(got).Tries[2].End, "and stays bounded")
	assert.Equal(t, at(630), got.merge(ahead).Tries[2].End)
	assert.Equal(t, at(500), ahead.Tries[0].End, "the row itself stays")
	assert.Equal(t, got, got.bounded(at(700)), "once bounded, a time goes by")
	assert.True(t, Attempts{}.Bounded(at(0)).IsZero())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	a := Attempts{
		Password: Row{
			Tries: []Try{
				{ID: "1", Owner: "us", End: at(30), Open: true},
				{ID: "2", Owner: "them", End: at(20), Open: true},
				{ID: "3", Owner: "them", End: at(25)},
			},
		},
		Code: Row{Tries: []Try{{ID: "4", Owner: "third", End: at(22), Open: true}}},
	}
	assert.Equal(t, at(22), a.Open("us", time.Minute, at(0)))
	assert.Equal(t, at(30), a.Open("them", time.Minute, at(0)))
	assert.Zero(t, a.Open("us", time.Minute, at(22)), "over")
	assert.Equal(t, at(12), a.Open("us", 12*time.Second, at(0)), "no longer than can be true")
	assert.Equal(t, at(11), a.Open("us", 11*time.Second, at(0)))
	assert.Zero(t, a.Open("us", 9*time.Second, at(0)), "begun by a clock that was wrong")
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures    int
		now         float64
		unusable    bool
		first, last float64
	}{
		{1, 0, false, 3.2, 3.5},
		{2, 3.3, false, 37, 40.7},
		{3, 38, false, 240, 264},
		{4, 250, false, 630, 630},
		{5, 630, false, 787.5, 787.5},
		{6, 787.5, false, 945, 945},
		{23, 3465, false, 630 + 19*157.5, 630 + 19*157.5},
		{24, 3622.5, false, 630 + 19*157.5 + 720, 630 + 19*157.5 + 720},
		{4, 250, true, 630, 630},
		{5, 630, true, 1350, 1350},
		{1, 30, false, 33.2, 33.5}, // the first failure ended at 0, and yet it is 30: no sooner than this
		{4, 551, false, 630, 630},
		{4, 552, false, 709.5, 709.5}, // within half an interval of the row's time: it has fallen behind
		{4, 700, false, 857.5, 857.5},
		{9, 5000, false, 5157.5, 5157.5},
		{400, 0, false, 720, 720}, // the first failure has the time of a clock that was set back since
	} {
		r := Row{First: at(0), N: c.failures}
		assert.Equal(t, at(c.first), r.Due(at(c.now), c.unusable, 0), "%+v", c)
		assert.Equal(t, at(c.last), r.Due(at(c.now), c.unusable, 1), "%+v", c)
	}
	assert.Equal(t, at(157.5), DueWhileValid(at(0), 0))
	assert.Equal(t, at(165.375), DueWhileValid(at(0), 1))
}

func TestConsumed(t *testing.T) {
	t.Parallel()
	r := Record{}.WithConsumed(at(0), Consumed{Fingerprint: 1, At: at(0)}, Consumed{Fingerprint: 2, At: at(0), Code: true})
	assert.True(t, r.HasConsumed(1, at(0)))
	assert.True(t, r.HasConsumed(2, at(600)))
	assert.False(t, r.HasConsumed(3, at(0)))
	assert.False(t, r.HasConsumed(2, at(630)), "the digits of a code come again")
	assert.True(t, r.HasConsumed(1, at(29*24*3600)))
	assert.False(t, r.HasConsumed(1, at(30*24*3600)))

	assert.Len(t, r.WithConsumed(at(1000), Consumed{Fingerprint: 1, At: at(1000)}).Consumed, 1, "once each, and not the old code")
	assert.Equal(t, at(5), Record{}.WithConsumed(at(5), Consumed{Fingerprint: 1, At: at(9999)}).Consumed[0].At, "the future is now")
	for i := range uint32(1100) {
		r.Consumed = append(r.Consumed, Consumed{Fingerprint: 100 + i, At: at(0)})
	}
	r = r.WithConsumed(at(0))
	assert.Len(t, r.Consumed, 1000)
	assert.True(t, r.HasConsumed(1199, at(0)), "the latest")
}
