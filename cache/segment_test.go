package cache_test

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestSegmentStates(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 42)
	if s.SN() != 42 || s.Size() != -1 || s.Len() != 0 || s.Sealed() || s.Err() != nil || s.Bytes() != nil {
		t.Error("a new segment is not empty, of unknown size, and filling")
	}
	w := f.Writer(trusted)
	declare(t, w, 10)
	write(t, w, pattern(4))
	if s.Size() != 10 || s.Len() != 4 || s.Sealed() || s.Err() != nil || s.Bytes() != nil {
		t.Errorf("while filling: size %d, len %d, sealed %v, err %v", s.Size(), s.Len(), s.Sealed(), s.Err())
	}
	select {
	case <-s.Done():
		t.Error("Done is closed while the segment is filling")
	default:
	}
	write(t, w, pattern(10)[4:])
	seal(t, f)
	<-s.Done()
	if s.Size() != 10 || s.Len() != 10 || !s.Sealed() || s.Err() != nil {
		t.Errorf("once sealed: size %d, len %d, sealed %v, err %v", s.Size(), s.Len(), s.Sealed(), s.Err())
	}
	wantBytes(t, "Bytes", s.Bytes(), pattern(10))
	if b := s.Bytes(); cap(b) != len(b) {
		t.Error("an append to Bytes would write into the segment")
	}
}

func TestSegmentAborted(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 1)
	w := f.Writer(trusted)
	declare(t, w, 10)
	write(t, w, pattern(10))
	f.Abort(errFault)
	<-s.Done()
	if s.Sealed() || s.Bytes() != nil || s.Len() != 0 || len(f.Bytes()) != 0 {
		t.Errorf("an aborted segment is sealed (%v) or still holds %d bytes", s.Sealed(), s.Len())
	}
	wantErr(t, "Err", s.Err(), errFault)
	_, err := s.WaitSize(t.Context())
	wantErr(t, "WaitSize", err, errFault)
	wantErr(t, "WaitData", s.WaitData(t.Context()), errFault)
}

func TestSegmentSizeUnknownUntilSealed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := open(t, newRing(), 1)
		size := asyncErr(func() error {
			n, err := s.WaitSize(t.Context())
			if n != 5 {
				t.Errorf("WaitSize = %d, want 5", n)
			}
			return err
		})
		write(t, f.Writer(trusted), pattern(5))
		synctest.Wait()
		wantBlocked(t, "WaitSize", size)
		seal(t, f)
		synctest.Wait()
		wantResult(t, "WaitSize", size, nil, nil)
	})
}

func TestWaitSizeAndData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := open(t, newRing(), 1)
		waitSize := func(ctx context.Context) <-chan result {
			return asyncErr(func() error {
				_, err := s.WaitSize(ctx)
				return err
			})
		}
		waitData := func(ctx context.Context) <-chan result {
			return asyncErr(func() error { return s.WaitData(ctx) })
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		size, canceledSize := waitSize(t.Context()), waitSize(ctx)
		data, canceledData := waitData(t.Context()), waitData(ctx)
		cancel(errFault)
		synctest.Wait()
		wantResult(t, "canceled WaitSize", canceledSize, nil, errFault)
		wantResult(t, "canceled WaitData", canceledData, nil, errFault)
		wantBlocked(t, "WaitSize", size)

		peer := f.Writer(untrusted)
		declare(t, peer, 10)
		write(t, peer, pattern(4))
		synctest.Wait()
		wantResult(t, "WaitSize after SetSize", size, nil, nil)
		wantBlocked(t, "WaitData with unverified bytes only", data)

		f.Rewind(errFault)
		write(t, f.Writer(trusted), pattern(1))
		synctest.Wait()
		wantResult(t, "WaitData with a verified byte", data, nil, nil)
	})
}

func TestWaitDataEndsWithSeal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := open(t, newRing(), 1)
		data := asyncErr(func() error { return s.WaitData(t.Context()) })
		write(t, f.Writer(untrusted), pattern(4))
		synctest.Wait()
		wantBlocked(t, "WaitData", data)
		seal(t, f)
		synctest.Wait()
		wantResult(t, "WaitData", data, nil, nil)
	})
}
