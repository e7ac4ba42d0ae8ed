package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const nginxConfig = `daemon off;
worker_processes WORKERS;
pid DIR/nginx.pid;
error_log DIR/error.log;
events { worker_connections 256; }
http {
	types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000;
	open_file_cache max=100 inactive=60s;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	server { listen LISTEN; root DIR/files; }
}
`

// startNginx serves files by name, and gives the base URL.
func (b *bench) startNginx(ctx context.Context, files map[string][]byte) (*daemon, string, error) {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // not everybody's path has it
		if _, err := os.Stat(path); err != nil {
			return nil, "", fmt.Errorf("%w: nginx is not installed", errMissing)
		}
	}
	base, err := b.folder()
	if err != nil {
		return nil, "", err
	}
	dir := filepath.Join(base, "nginx")
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o755); err != nil {
		return nil, "", fmt.Errorf("making a folder: %w", err)
	}
	if err := os.Chmod(base, 0o755); err != nil { // nginx's workers are another user
		return nil, "", fmt.Errorf("opening a folder: %w", err)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	config := strings.NewReplacer("DIR", dir, "LISTEN", address, "WORKERS", fmt.Sprint(runtime.NumCPU())).Replace(nginxConfig)
	files["../nginx.conf"] = []byte(config)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, "files", name), data, 0o644); err != nil {
			return nil, "", fmt.Errorf("writing a file for nginx: %w", err)
		}
	}
	d, err := launch(exec.Command(path, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")), nil)
	if err != nil {
		return nil, "", err
	}
	if err := reach(ctx, d, address); err != nil {
		d.close()
		return nil, "", err
	}
	return d, "http://" + address, nil
}

// freeAddress is one that nobody listens on now; nginx cannot choose a port.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", loopbackHost+":0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// reach waits until a process listens.
func reach(ctx context.Context, d *daemon, address string) error {
	for range 100 {
		c, err := net.Dial("tcp4", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-d.gone:
			return fmt.Errorf("nginx: %s", strings.TrimSpace(string(d.output.text)))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return fmt.Errorf("nginx does not listen on %s", address)
}
