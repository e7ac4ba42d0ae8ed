package main_test

// The groups of attacks, each by what the villain has in its hands.
const (
	onData       = "Data"
	onRequests   = "Requests"
	onSignalling = "Signalling"
	onAccounts   = "Accounting"
	onMachine    = "Local"
)

// attacks are all of them, as the page lists them.
var attacks = []attack{
	{group: onData, name: "garbage of the same size and form", did: "packets of a transport stream, with other contents, for each REQUEST"},
	{group: onData, name: "one flipped bit", did: "the true segment but for one bit, 12 times; the victim has `--verify strict`"},
	{group: onData, name: "one flipped bit, source with digests", did: "the same, and the source sends `Repr-Digest`"},
	{group: onData, name: "a segment of another number", did: "the one before, of the same size"},
	{group: onData, name: "a segment of another rendition", did: "the same number of the high rendition"},
	{group: onData, name: "a segment of another channel", did: "the pictures of another channel at that time, of the same size"},
	{group: onData, name: "replay", did: "one old segment for each REQUEST, of the same size"},
	{group: onData, name: "truncation that is announced", did: "the first half, with the size of that"},
	{group: onData, name: "a size that is too large", did: "64 MiB announced, the true segment sent"},
	{group: onData, name: "a size beyond all limits", did: "1 TiB announced"},
	{group: onData, name: "too few packets", did: "2 announced, all sent"},
	{group: onData, name: "too many packets", did: "ten times as many announced as are sent"},
	{group: onData, name: "more bytes than announced", did: "the true segment, and 20 times as much behind it"},
	{group: onData, name: "binary without a header", did: "the true bytes without PIECE"},
	{group: onData, name: "two pieces interleaved", did: "two headers, then packets of both in turn"},
	{group: onData, name: "a slow drip", did: "188 bytes each 100 ms"},
	{group: onData, name: "silence after PIECE", did: "a header and nothing more"},
	{group: onData, name: "a storm of LACK", did: "2,000 LACKs for each REQUEST"},
	{group: onData, name: "CLOSE in mid-piece", did: "half of the bytes, then CLOSE; it answers the next offer the same way"},

	{
		group: onData, name: "an honest start", did: "30 true segments, then forgeries of the right form",
		proof: "peer/lab TestForger", then: "found by the samples that never end; until then players see some, with `strict` none",
	},
	{
		group: onData, name: "a deceived relay", did: "the first of a chain lies, the relay between passes it on",
		proof: "peer/lab TestDeceivedRelay", then: "bans the liar, and forgives the relay, which it tells by POLLUTED",
	},

	{group: onRequests, name: "names of files and of other sites", did: "REQUESTs for `../`, `/etc/passwd`, `file:`, the URL of another server, other renditions and other channels"},
	{group: onRequests, name: "a segment that the victim does not hold", did: "REQUESTs for what the source still has and the victim never had"},
	{group: onRequests, name: "a flood of REQUESTs", did: "300 a second"},
	{group: onRequests, name: "a burst of REQUESTs", did: "4,000 at once, each of which is owed an answer"},
	{group: onRequests, name: "a child that never reads", did: "REQUESTs for all there is, and not one byte is read"},
	{
		group: onRequests, name: "words that are no messages", did: "texts, sizes, numbers and binaries that no peer of ours can send",
		proof: "peer/lab TestRudeChild", then: "ignores a few, ends the link of who sends many",
	},

	{group: onSignalling, name: "itself as parent", did: "the tracker names the victim its own parent, and has it connect to itself"},
	{group: onSignalling, name: "a cycle", did: "the tracker puts two peers below each other"},
	{group: onSignalling, name: "messages of 10 MB", did: "from scheduler and relay, also nested 100,000 deep"},
	{group: onSignalling, name: "lists of 100,000", did: "parents, adopt and disconnect with so many ids"},
	{group: onSignalling, name: "slammed doors", did: "every socket ends as soon as it is open"},
	{group: onSignalling, name: "another fingerprint in the relay", did: "the tracker changes the fingerprint in every description"},
	{group: onSignalling, name: "a man in the middle", did: "the tracker answers the offer itself, in the name of a peer, and sends forgeries"},
	{
		group: onSignalling, name: "ids reused", did: "accept with the id of another, with a new one each time, with none",
		proof: "peer/lab TestHostileAccept", then: "plays on by HTTP, finds its peers again at an honest tracker",
	},
	{
		group: onSignalling, name: "TTL abuse", did: "TRANSITION and GRANT with lives of 0, -1, 65536, 2^31 and words",
		proof: "peer/lab TestRudeChild", then: "ignores them or ends the link, and serves on; nobody's playback suffers",
	},
	{
		group: onSignalling, name: "reports on links of others", did: "links opened and closed in the name of others, with oneself, in a ring, beyond an uplink",
		proof: "signaling/tracker TestIgnored", then: "(the tracker) heeds none of it, and counts each by its reason",
	},

	{
		group: onAccounts, name: "an inflated uplink", did: "50 Mbit/s claimed, 0.2 there",
		proof: "peer/lab TestLiar", then: "leaves soon, each time for longer; the source brings at most 0.3 more of all bytes",
	},
	{
		group: onAccounts, name: "an uplink that nobody has seen", did: "a large claim without a measurement, children that complain",
		proof: "signaling/tracker TestTrust", then: "(the tracker) believes four streams of it until more is proven, and less with each complaint",
	},
	{
		group: onAccounts, name: "a free rider that climbs", did: "DISPLACE for a place above, with nothing to give",
		proof: "peer/lab TestRudeClimber", then: "drops it as a parent that delivers nothing",
	},
	{
		group: onAccounts, name: "false statistics", did: "more traffic than any line carries",
		proof: "signaling/tracker TestTraffic", then: "(the tracker) sums what a line could carry, and counts the rest as `statistics`",
	},
	{
		group: onAccounts, name: "Sybil ids in a swarm", did: "announces without end, each with a new id",
		proof: "signaling/tracker TestSwarmFlood", then: "(the tracker) keeps as many as an address may have, and no more",
	},

	{group: onMachine, name: "DNS rebinding", did: "requests to proxy and admin whose Host is a name of a page's own"},
	{group: onMachine, name: "cross-site requests", did: "what a page of another site may send to proxy and admin"},
	{group: onMachine, name: "`file:` in a playlist", did: "segments, keys and renditions at `file:///etc/passwd`"},
	{group: onMachine, name: "metadata in a playlist", did: "segments at 169.254.169.254, in a channel on this machine"},
	{group: onMachine, name: "a playlist of a million segments", did: "45 MB of names"},
	{group: onMachine, name: "a playlist of itself", did: "a master playlist whose renditions are itself"},
	{group: onMachine, name: "a gzip bomb", did: "a playlist that unpacks to 1 GB"},
	{group: onMachine, name: "a storm of seeks", did: "300 requests for segments of a film, each given up at once"},
	{
		group: onMachine, name: "sources that lead inwards", did: "a playlist or a redirect from outside to 127.0.0.1, 10/8, 169.254/16",
		proof: "hls TestInward", then: "asks nothing there; `hlspeer_refused_total`",
	},
	{
		group: onMachine, name: "slow headers", did: "the header of a request, a byte each second",
		proof: "hls TestSlowloris", then: "cuts it off within 10 s",
	},
	{
		group: onMachine, name: "endless headers", did: "a million headers",
		proof: "hls TestHeaderBomb", then: "refuses with 431",
	},
}
