package cache

import "errors"

// Errors that callers tell apart with [errors.Is]. Methods return them wrapped
// in what was being done.
var (
	// ErrClosed ends the filling segments and the waiters of a closed ring.
	ErrClosed = errors.New("ring closed")
	// ErrEvicted ends a segment that was still filling when the ring slid past it.
	ErrEvicted = errors.New("segment evicted")
	// ErrAborted stands in for the cause where a caller gave none.
	ErrAborted = errors.New("fill aborted")
	// ErrTooManyWaiters refuses one waiter more than a ring takes.
	ErrTooManyWaiters = errors.New("too many waiters")

	// ErrSuperseded stops a writer after another one took over, after a
	// rewind, and after the seal.
	ErrSuperseded = errors.New("writer superseded")
	// ErrTooLarge refuses a size or a byte beyond the ring's largest segment.
	ErrTooLarge = errors.New("segment too large")
	// ErrSizeConflict refuses a size that contradicts the one declared before
	// or the bytes already landed.
	ErrSizeConflict = errors.New("size conflict")
	// ErrOverflow refuses bytes beyond the declared size.
	ErrOverflow = errors.New("beyond declared size")
	// ErrBudget refuses bytes when the filling segments alone would exceed the budget.
	ErrBudget = errors.New("byte budget exhausted")
	// ErrNoTail refuses a tail where there is no place for one.
	ErrNoTail = errors.New("no place for a tail")
	// ErrShort refuses to seal before the declared size is reached.
	ErrShort = errors.New("short of declared size")
	// ErrEmpty refuses a segment without bytes.
	ErrEmpty = errors.New("segment empty")
)
