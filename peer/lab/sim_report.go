package lab

import "time"

// SimFigures are what only a simulation knows. Its figures are averages over
// time, taken from the true graph after the ramp-up. What the model does not
// hold is null: the process that simulates says nothing about CPU and memory.
type SimFigures struct {
	Profile      Profile  `json:"profile"`
	Rule         Rule     `json:"rule"`
	Population   *float64 `json:"population"` // in the mesh
	Roots        *float64 `json:"roots"`
	Bound        Spread   `json:"level_bound"` // the lower bound of mesh 3.2
	Supply       *float64 `json:"supply"`      // slots of all uplinks, of the substreams that all want
	SameISP      *float64 `json:"same_isp"`    // share of the substreams
	SameProvince *float64 `json:"same_province"`
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

func (w *world) report() Report {
	c, m := w.config, &w.figures
	r := Report{
		Peers: c.Peers, Duration: c.Duration.Seconds(), Engine: "fastmesh", Seed: &c.Seed,
		Offload: m.offload.value(), Level: m.level.value(), LevelShares: m.shares.value(), Missing: m.missing.value(),
		Joined: w.count, Departures: m.departed, Failures: []string{}, Rows: []Row{}, History: m.history.samples(),
		SimFigures: &SimFigures{
			Profile: c.Profile, Rule: c.Rule,
			Population: m.peers.value(), Roots: m.roots.value(), Bound: m.bound.value(), Supply: m.supply.value(),
			SameISP: m.sameISP.value(), SameProvince: m.sameProvince.value(), Orders: m.orders,
			Coverage: m.covered, LevelAfter: m.levelAfter, Recovery: w.recovery(),
		},
	}
	if m.departed > 0 {
		v := float64(m.moved) / float64(c.Substreams) / float64(m.departed)
		r.Reparents = &v
	}
	if !c.TopologyOnly {
		r.addSegments(w.stats, c.measureFrom())
	}
	w.checkEnd()
	r.Violations = w.checks.list()
	for _, v := range r.Violations {
		r.Failures = append(r.Failures, v.String())
	}
	return r
}

// addSegments replaces the offload of the graph by that of the bytes.
func (r *Report) addSegments(s segmentStats, from time.Duration) {
	stall, sent := s.lateTime.Seconds(), s.http*segmentBytes
	r.Bytes = &ReportBytes{HTTP: s.http * segmentBytes, P2P: s.p2p * segmentBytes}
	r.OriginRequests, r.OriginBytes = &s.requests, &sent
	r.Segments = &ReportSegments{HTTP: s.http, P2P: s.p2p, Late: s.late, Lost: s.lost}
	r.Stalls, r.StallTime = &s.late, &stall
	if p := r.Population; p != nil && *p > 0 {
		hours := *p * (r.Duration - from.Seconds()) / 3600
		v := float64(s.late) / hours
		r.StallsPerHour = &v
	}
	r.Offload = share(s.p2p, s.http+s.p2p)
}

// recovery is how long it took until nobody was without parents any more.
func (w *world) recovery() *float64 {
	quiet := w.visits.quietFrom()
	if quiet > w.config.Duration || w.figures.uncovered > w.config.Duration-2*quietEvery {
		return nil
	}
	v := max(0, (w.figures.uncovered + quietEvery - quiet).Seconds())
	return &v
}
