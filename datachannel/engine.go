package datachannel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

const (
	// A connection counts as silent after two seconds without a sign of life, with
	// one asked for each second by either side.
	disconnectedAfter = 2 * time.Second
	keepaliveInterval = time.Second

	// receiveBuffer is what may wait for a lost packet on a link that we offered,
	// bytes: more than may be under way, since that arrives while the packet is
	// sent again. Those who ask us for a link have less to send, if anything, and
	// no more is kept for them.
	receiveBuffer = 4 << 20
	feederBuffer  = 1 << 20
	// longestRTO is when SCTP sends again what has been lost twice. Its own rule
	// is a second at least, and everything behind such a packet waits for it. A
	// link has no more under way than the path holds, so that sending too early,
	// where a round trip takes longer, costs at most that once per pause.
	longestRTO = 500 * time.Millisecond
)

// newEngine turns the configuration into pion's settings. Some belong together:
// detached channels with blocking writes, and the floor of the congestion window
// (see [Host]) with large socket buffers.
func newEngine(c Config, log *slog.Logger) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = pionLogs{log: log, level: c.TransportLogLevel}

	s.DetachDataChannels()
	s.EnableDataChannelBlockWrite(true)
	s.EnableSCTPZeroChecksum(true)
	s.SetSCTPMaxMessageSize(uint32(c.MaxMessage))
	s.SetSCTPRTOMax(longestRTO)
	s.DisableCloseByDTLS(true) // a link closes itself when its channel has ended
	// DTLS runs only over a pair of addresses that ICE has verified.
	s.SetDTLSInsecureSkipHelloVerify(true)

	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(disconnectedAfter, c.Grace, keepaliveInterval)
	s.SetIncludeLoopbackCandidate(c.Loopback)
	if c.Policy == PolicyLAN {
		s.SetIPFilter(c.Policy.Keeps)
	}
	s.SetRemoteIPFilter(func(ip net.IP) bool {
		return c.Policy.Keeps(ip) && (c.Loopback || !ip.IsLoopback()) && !ip.IsUnspecified() && !ip.IsMulticast()
	})
	if len(c.Advertise) > 0 {
		err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External:        c.Advertise,
			AsCandidateType: webrtc.ICECandidateTypeHost,
			Mode:            webrtc.ICEAddressRewriteReplace,
		})
		if err != nil {
			return s, fmt.Errorf("advertised addresses: %w", err)
		}
	}
	return s, nil
}

// newCertificate makes the certificate that all links of a host share: making
// one costs more than the rest of a new connection.
func newCertificate() (*webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating key: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("generating certificate: %w", err)
	}
	return cert, nil
}
