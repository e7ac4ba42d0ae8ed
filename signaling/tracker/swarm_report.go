package tracker

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// call names the swarm for people. The name that the info_hash was made of counts
// more than the first one that came.
func (s *swarm) call(channel string) {
	name := channelOf(channel)
	if name == "" || s.proven {
		return
	}
	proven := channel == s.key
	for _, c := range []string{channel, name} {
		sum := sha1.Sum([]byte(c))
		proven = proven || strings.EqualFold(hex.EncodeToString(sum[:]), s.key)
	}
	if s.name == "" || proven {
		s.name, s.proven = name, proven
	}
}

// title is what people see of a swarm: the channel's name, or the info_hash. Old
// clients send the channel as that.
func (s *swarm) title() string {
	if s.name != "" {
		return s.name
	}
	title := channelOf(s.key)
	if title == "" || !utf8.ValidString(title) || strings.ContainsFunc(title, unicode.IsControl) {
		return hex.EncodeToString([]byte(s.key))
	}
	return title
}

// reports are the entries of /api/v1/channels, of one channel or of all for "".
func (s *swarms) reports(now time.Time, only string) []channelReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	var all []channelReport
	at := make(map[*swarm]int)
	for _, w := range s.swarms {
		title := w.title()
		if only != "" && only != title {
			continue
		}
		at[w] = len(all)
		all = append(all, channelReport{
			Name: title, Engine: engineBitTorrent, Peers: w.members,
			Bytes:  bytesReport{HTTP: w.traffic.source * 1024, P2P: w.traffic.p2p * 1024},
			Levels: []int{}, Nodes: make([]nodeReport, 0, w.members),
		})
	}
	for id, p := range s.peers {
		i, ok := at[p.swarm]
		if !ok {
			continue
		}
		all[i].Nodes = append(all[i].Nodes, nodeReport{
			ID: id, UplinkBW: max(0, p.uplink), AgeS: now.Sub(p.joined).Seconds(),
			SourceKB: p.traffic.source, P2PKB: p.traffic.p2p, Conns: int(p.conns),
		})
	}
	return all
}
