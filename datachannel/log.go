package datachannel

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLogs makes pion log through slog, from a level upwards.
type pionLogs struct {
	log   *slog.Logger
	level slog.Level
}

var _ logging.LoggerFactory = pionLogs{}

// NewLogger implements [logging.LoggerFactory].
func (p pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{log: p.log.With("pion", scope), level: p.level}
}

// levelTrace is below slog's lowest level, as pion's trace is.
const levelTrace = slog.LevelDebug - 4

type pionLog struct {
	log   *slog.Logger
	level slog.Level
}

func (p pionLog) put(level slog.Level, msg string) {
	if level >= p.level {
		p.log.Log(context.Background(), level, msg)
	}
}

// putf formats only what will be logged: pion traces every packet.
func (p pionLog) putf(level slog.Level, format string, args []any) {
	if level >= p.level {
		p.put(level, fmt.Sprintf(format, args...))
	}
}

func (p pionLog) Trace(msg string)                  { p.put(levelTrace, msg) }
func (p pionLog) Tracef(format string, args ...any) { p.putf(levelTrace, format, args) }
func (p pionLog) Debug(msg string)                  { p.put(slog.LevelDebug, msg) }
func (p pionLog) Debugf(format string, args ...any) { p.putf(slog.LevelDebug, format, args) }
func (p pionLog) Info(msg string)                   { p.put(slog.LevelInfo, msg) }
func (p pionLog) Infof(format string, args ...any)  { p.putf(slog.LevelInfo, format, args) }
func (p pionLog) Warn(msg string)                   { p.put(slog.LevelWarn, msg) }
func (p pionLog) Warnf(format string, args ...any)  { p.putf(slog.LevelWarn, format, args) }
func (p pionLog) Error(msg string)                  { p.put(slog.LevelError, msg) }
func (p pionLog) Errorf(format string, args ...any) { p.putf(slog.LevelError, format, args) }
