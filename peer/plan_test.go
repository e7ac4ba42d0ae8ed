package peer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hlspeer/peer/mesh"
)

// TestPlanLog: what is kept is bounded, the oldest goes first, and a plan says
// whether it is complete.
func TestPlanLog(t *testing.T) {
	t.Parallel()
	p := planLog{config: "config"}
	write := func(cut planCut, now time.Duration) Plan {
		t.Helper()
		plan, err := p.copy(now, EngineFastmesh).write(cut)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	if got := write(planCut{}, 0); !got.Complete || got.Steps != 0 || got.Script != "config\n" {
		t.Errorf("%+v", got)
	}
	note := func(from, to int) {
		for i := from; i < to; i++ {
			p.note(time.Duration(i)*time.Second, mesh.Wanted{SN: mesh.SN(i), PlayAt: time.Duration(i*i) * time.Microsecond}, []mesh.Action{mesh.AskOrigin{SN: mesh.SN(i)}})
		}
	}
	note(0, 2000)
	if got := write(planCut{}, 0); !got.Complete || got.Steps != 2000 || strings.Count(got.Script, "\n") != 4001 {
		t.Errorf("complete %v, %d steps, %d lines", got.Complete, got.Steps, strings.Count(got.Script, "\n"))
	}
	if got := write(planCut{last: 3}, 0); got.Complete || got.Steps != 3 || got.Left != 1997 || strings.Count(got.Script, "\n") != 7 {
		t.Errorf("last 3: %+v", got)
	}
	if got := write(planCut{since: 10 * time.Second}, 2000*time.Second); got.Steps != 10 || !strings.HasPrefix(got.Script, "config\n@33m10s wanted sn=1990 ") {
		t.Errorf("since 10 s: %+v", got)
	}
	if got := write(planCut{since: time.Hour}, 2000*time.Second); !got.Complete || got.Steps != 2000 {
		t.Errorf("since 1 h: %d steps, complete: %v", got.Steps, got.Complete)
	}
	note(2000, 150_000)
	got := write(planCut{}, 0)
	if got.Complete || p.size > planKept || got.Left+got.Steps != 150_000 || got.Left == 0 || got.Steps < 10_000 {
		t.Errorf("%d bytes, %d steps, %d left out, complete: %v", p.size, got.Steps, got.Left, got.Complete)
	}
	if want := fmt.Sprintf("config\n@%v wanted sn=%d ", time.Duration(got.Left)*time.Second, got.Left); !strings.HasPrefix(got.Script, want) {
		t.Errorf("begins with %.60q, want %q", got.Script, want)
	}
}

func TestPlanParameters(t *testing.T) {
	t.Parallel()
	h := testAgent(t, sources{}, "/a.m3u8").Admin()
	for query, want := range map[string]int{"": 200, "last=3": 200, "since=3s&channel=x": 200, "last=0": 400, "last=x": 400, "since=3": 400, "since=-1s": 400} {
		if w := ask(h, "/api/v1/plan?"+query); w.Code != want {
			t.Errorf("%s: status %d, want %d", query, w.Code, want)
		}
	}
}

// BenchmarkSegmentPlan is what a step of the brain costs on top.
func BenchmarkSegmentPlan(b *testing.B) {
	p := planLog{config: "config"}
	do := []mesh.Action{mesh.AskParent{Peer: "SjCHh4NwooGT", SN: 7}}
	for i := 0; b.Loop(); i++ {
		p.note(time.Duration(i)*100*time.Millisecond, mesh.Progress{SN: mesh.SN(i), Bytes: int64(i), Size: 1 << 20}, do)
	}
}
