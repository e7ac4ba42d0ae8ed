package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"
)

// errPlayerEnded ends the peer with its player, without a fault.
var errPlayerEnded = errors.New("the player has ended")

// playerPart runs a player on the play URL; the peer ends with it.
func playerPart(command, playURL string, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		words := strings.Fields(command)
		cmd := exec.CommandContext(ctx, words[0], append(words[1:], playURL)...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 3 * time.Second
		err := cmd.Run()
		var exit *exec.ExitError
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.As(err, &exit):
			return fmt.Errorf("--player %s: %w", words[0], err)
		}
		log.Info("player ended", "player", words[0])
		return errPlayerEnded
	}
}
