package datachannel

// Violation says how a remote broke the protocol. The set is closed, so that
// it can label a counter.
type Violation string

// The violations.
const (
	Malformed   Violation = "malformed"           // text that is no message, or one with impossible values
	Oversized   Violation = "piece too large"     // larger than Config.MaxPiece
	Unannounced Violation = "binary out of place" // a binary message without a PIECE
	WrongSize   Violation = "wrong size"          // attachments that do not add up to the announced size
	Unasked     Violation = "not asked"           // a piece that nobody asked for; found by the handler
	Flood       Violation = "flood"               // more messages than anybody needs; found by the handler
)
