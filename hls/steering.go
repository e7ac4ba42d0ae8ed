package hls

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const maxSteering = 64 << 10 // bytes of a manifest

// steering answers with a manifest of content steering.
func (p *Proxy) steering(w http.ResponseWriter, r *http.Request, u *url.URL) {
	manifest, err := p.origin.steering(r.Context(), u, r.URL.Query())
	if err != nil {
		p.refuse(w, r, "no steering manifest for a player", err)
		return
	}
	resource{"application/json", `"` + ShortHash(string(manifest)) + `"`, manifest}.serve(w, r)
}

// steering fetches a manifest, with what a player says of itself. It comes
// without what would lead players to addresses that this proxy does not have:
// another address of the manifest, and pathways made by changing hosts.
func (o *Origin) steering(ctx context.Context, u *url.URL, query url.Values) ([]byte, error) {
	directed := *u
	for _, name := range []string{"_HLS_pathway", "_HLS_throughput"} {
		if query.Has(name) {
			directed.RawQuery = strings.TrimPrefix(directed.RawQuery+"&"+url.Values{name: query[name][:1]}.Encode(), "&")
		}
	}
	x, err := o.ask(ctx, http.MethodGet, &directed, http.Header{"Accept-Encoding": {"gzip"}}, o.cfg.NoProgress)
	if err != nil {
		return nil, err
	}
	defer x.close()
	manifest, err := x.manifest()
	if err != nil {
		return nil, x.report(err)
	}
	return manifest, nil
}

func (x *exchange) manifest() ([]byte, error) {
	if x.StatusCode != http.StatusOK {
		return nil, &StatusError{x.StatusCode}
	}
	body, err := x.decoded()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, maxSteering+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxSteering:
		return nil, fmt.Errorf("steering manifest of more than %d bytes: %w", maxSteering, ErrTooLarge)
	}
	var manifest map[string]json.RawMessage
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("steering manifest: %w", err)
	}
	delete(manifest, "RELOAD-URI")
	delete(manifest, "PATHWAY-CLONES")
	return json.Marshal(manifest)
}
