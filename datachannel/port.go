package datachannel

import (
	"strings"
	"sync"

	"github.com/pion/ice/v4"
)

// onePortMark is the attribute of a description whose sender has one port for
// all its links and uses it for this one. Who does not know it skips it.
const onePortMark = "a=x-hlspeer-one-port"

// onePort is the port that all links of a host share. Packets are told apart by
// the address they come from. So two processes that both have such a port can
// have one link between the two ports, and for each further link one side has to
// take a port of its own: the one that answers, because it knows both sides.
type onePort struct {
	mux *ice.UDPMuxDefault

	mu      sync.Mutex
	tenants map[*tenant]struct{}
}

// tenant is a link between our one port and one of a remote; while our offer
// has no answer, it may become that.
type tenant struct {
	process string // the remote's certificate; "" before the answer
}

func newOnePort(mux *ice.UDPMuxDefault) *onePort {
	return &onePort{mux: mux, tenants: make(map[*tenant]struct{})}
}

// offer takes a place for a link that we offer.
func (p *onePort) offer() *tenant {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.enter("")
}

// answer takes a place for the answer to an offer; elsewhere is true if the link
// must not use the port. That is so if there is a link with the same process, or
// if one of our offers may turn out to be with it. So no two links ever get the
// same two ports: of two that are offered from different sides, one is offered
// before the other is answered. A remote that has no such port needs no place.
func (p *onePort) answer(sdp string) (t *tenant, elsewhere bool) {
	if !marked(sdp) {
		return nil, false
	}
	process := fingerprint(sdp)
	p.mu.Lock()
	defer p.mu.Unlock()
	for other := range p.tenants {
		if other.process == process || other.process == "" {
			return nil, true
		}
	}
	return p.enter(process), false
}

// enter adds a tenant. The caller holds p.mu.
func (p *onePort) enter(process string) *tenant {
	t := &tenant{process}
	p.tenants[t] = struct{}{}
	return t
}

// answered notes whom an offer of ours has reached. One that answers from
// another port leaves the place free.
func (p *onePort) answered(t *tenant, sdp string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !marked(sdp) {
		delete(p.tenants, t)
		return
	}
	t.process = fingerprint(sdp)
}

// leave frees the place of a link that has ended.
func (p *onePort) leave(t *tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tenants, t)
}

// mark puts the mark into a description of ours.
func mark(sdp string) string { return strings.TrimRight(sdp, "\r\n") + "\r\n" + onePortMark + "\r\n" }

func marked(sdp string) bool { return strings.Contains(sdp, "\n"+onePortMark) }

// fingerprint is that of the certificate in a description. All links of a
// process have the same one.
func fingerprint(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "\na=fingerprint:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.ToLower(strings.TrimSpace(line))
}
