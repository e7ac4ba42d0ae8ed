package datachannel

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestPionLogs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		level slog.Level
		want  int
	}{{LevelOff, 0}, {slog.LevelError, 2}, {slog.LevelWarn, 4}, {slog.LevelInfo, 6}, {slog.LevelDebug, 8}, {levelTrace, 10}} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: levelTrace}))
		l := pionLogs{log: log, level: c.level}.NewLogger("ice")
		l.Trace("plain")
		l.Tracef("%d", 1)
		l.Debug("plain")
		l.Debugf("%d", 1)
		l.Info("plain")
		l.Infof("%d", 1)
		l.Warn("plain")
		l.Warnf("%d", 1)
		l.Error("plain")
		l.Errorf("%d", 1)
		if got := strings.Count(out.String(), "pion=ice"); got != c.want {
			t.Errorf("level %v: %d lines, want %d:\n%s", c.level, got, c.want, &out)
		}
	}
}
