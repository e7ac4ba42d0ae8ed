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

	// cwndFloor is the only raised floor of the congestion window that helped or
	// did no harm on every path measured, from 10 Mbit/s bottlenecks to 1 % loss.
	cwndFloor = 64 << 10
)

// newEngine turns the configuration into pion's settings. Some belong together:
// detached channels with blocking writes, and the floor of the congestion window
// with large socket buffers.
func newEngine(c Config, log *slog.Logger) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = pionLogs{log: log, level: c.TransportLogLevel}

	s.DetachDataChannels()
	s.EnableDataChannelBlockWrite(true)
	s.EnableSCTPZeroChecksum(true)
	s.SetSCTPMaxMessageSize(uint32(c.MaxMessage))
	s.DisableCloseByDTLS(true) // a link closes itself when its channel has ended
	// DTLS runs only over a pair of addresses that ICE has verified.
	s.SetDTLSInsecureSkipHelloVerify(true)

	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(disconnectedAfter, c.Grace, keepaliveInterval)
	s.SetIncludeLoopbackCandidate(c.Loopback)
	s.SetRemoteIPFilter(func(ip net.IP) bool {
		return (c.Loopback || !ip.IsLoopback()) && !ip.IsUnspecified() && !ip.IsMulticast()
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
