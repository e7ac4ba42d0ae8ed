package lab

// A SimReport is what a simulation has measured. Figures are averages over
// time, taken from the true graph after the ramp-up. What the model does not
// hold is null: the process that simulates says nothing about CPU and memory.
type SimReport struct {
	Report

	// These take the place of the same fields of Report, as they may be unknown
	// here: without segments, and bytes that are wrong or wasted in any case.
	Bytes          *SimBytes       `json:"bytes"`
	OriginRequests *int64          `json:"origin_requests"`
	Segments       *ReportSegments `json:"segments"`
	Stalls         *int64          `json:"stalls"` // one for each late segment
	StallTime      *float64        `json:"stall_s"`
	Wrong          *int            `json:"wrong_segments"`

	Seed         uint64   `json:"seed"`
	Profile      Profile  `json:"profile"`
	Rule         Rule     `json:"rule"`
	Population   *float64 `json:"population"` // in the mesh
	Roots        *float64 `json:"roots"`
	Bound        Spread   `json:"level_bound"` // the lower bound of mesh 3.2
	Supply       *float64 `json:"supply"`      // slots of all uplinks, of the substreams that all want
	SameISP      *float64 `json:"same_isp"`    // share of the substreams
	SameProvince *float64 `json:"same_province"`
	Departures   int      `json:"departures"`
	Orders       int      `json:"orders"` // of the tracker to peers to change their place

	// Coverage is how much of a flash crowd is fed 20 s after the last one has
	// come, LevelAfter the 95th percentile of its levels after 240 s.
	Coverage   *float64 `json:"flash_coverage"`
	LevelAfter *float64 `json:"flash_level_p95"`
	// Recovery is how long it took until everybody was fed after churn had
	// stopped. Null: it did not stop, or not everybody was at the end.
	Recovery *float64 `json:"full_coverage_s"`

	Violations []Violation `json:"violations"`
}

// SimBytes are [ReportBytes] of which one is not known.
type SimBytes struct {
	HTTP   int64  `json:"http"`
	P2P    int64  `json:"p2p"`
	Wasted *int64 `json:"wasted"`
}

func (w *world) report() SimReport {
	c, m := w.config, &w.figures
	r := SimReport{
		Report: Report{
			Peers: c.Peers, Duration: c.Duration.Seconds(), Engine: "fastmesh",
			Offload: m.offload.value(), Level: m.level.value(), Missing: m.missing.value(),
			Failures: []string{}, Rows: []Row{},
		},
		Seed: c.Seed, Profile: c.Profile, Rule: c.Rule,
		Population: m.peers.value(), Roots: m.roots.value(), Bound: m.bound.value(), Supply: m.supply.value(),
		SameISP: m.sameISP.value(), SameProvince: m.sameProvince.value(), Departures: m.departed, Orders: m.orders,
		Coverage: m.covered, LevelAfter: m.levelAfter, Recovery: w.recovery(),
	}
	if m.departed > 0 {
		v := float64(m.moved) / float64(c.Substreams) / float64(m.departed)
		r.Reparents = &v
	}
	if !c.TopologyOnly {
		r.addSegments(w.stats)
	}
	w.checkEnd()
	r.Violations = w.checks.list()
	for _, v := range r.Violations {
		r.Failures = append(r.Failures, v.String())
	}
	return r
}

// addSegments replaces the offload of the graph by that of the bytes.
func (r *SimReport) addSegments(s segmentStats) {
	stall := s.lateTime.Seconds()
	r.Bytes = &SimBytes{HTTP: s.http * segmentBytes, P2P: s.p2p * segmentBytes}
	r.OriginRequests = &s.requests
	r.Segments = &ReportSegments{HTTP: s.http, P2P: s.p2p, Late: s.late, Lost: s.lost}
	r.Stalls, r.StallTime = &s.late, &stall
	r.Offload = nil
	if all := s.http + s.p2p; all > 0 {
		share := float64(s.p2p) / float64(all)
		r.Offload = &share
	}
}

// recovery is how long it took until nobody was without parents any more.
func (w *world) recovery() *float64 {
	quiet := w.config.quietFrom()
	if quiet > w.config.Duration || w.figures.uncovered > w.config.Duration-2*quietEvery {
		return nil
	}
	v := max(0, (w.figures.uncovered + quietEvery - quiet).Seconds())
	return &v
}
