package hls

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
)

// Variables are the values of EXT-X-DEFINE by name. nil: there are none.
type Variables map[string]string

const (
	maxVariables    = 256
	maxVariableName = 128     // bytes; a longer one is never found
	maxExpanded     = 8 << 10 // bytes of one URI with its variables replaced
)

var errExpanded = errors.New("URI is too long with its variables replaced")

// definer reads EXT-X-DEFINE.
type definer struct {
	base     *url.URL
	query    url.Values // of base, once it was needed
	asked    url.Values // what of it was needed
	imported Variables
	defined  Variables
}

// tag takes an EXT-X-DEFINE: a value of its own, one that imported has, or one
// of base's query. A name that has no value there stays undefined. The first
// definition of a name counts.
func (d *definer) tag(l line) {
	name, value, ok := d.value(l)
	if _, taken := d.defined[name]; !ok || taken || name == "" || len(d.defined) >= maxVariables {
		return
	}
	if d.defined == nil {
		d.defined = Variables{}
	}
	d.defined[name] = value
}

func (d *definer) value(l line) (name, value string, ok bool) {
	if name, ok := l.attr("NAME"); ok {
		value, ok := l.attr("VALUE")
		return string(name), string(value), ok
	}
	if name, ok := l.attr("IMPORT"); ok {
		value, ok := d.imported[string(name)]
		return string(name), value, ok
	}
	if name, ok := l.attr("QUERYPARAM"); ok && d.base != nil {
		if d.query == nil {
			d.query, d.asked = d.base.Query(), url.Values{}
		}
		value, ok := d.query.Get(string(name)), d.query.Has(string(name))
		if ok {
			d.asked.Set(string(name), value)
		}
		return string(name), value, ok
	}
	return "", "", false
}

// expand is raw with every {$name} replaced that is defined. Others stay as
// they are: what is no variable may be part of a name.
func (v Variables) expand(raw []byte) (string, error) {
	if len(v) == 0 || !bytes.Contains(raw, []byte("{$")) {
		return string(raw), nil
	}
	var out strings.Builder
	for len(raw) > 0 {
		before, rest, found := bytes.Cut(raw, []byte("{$"))
		out.Write(before)
		raw = rest
		if !found {
			break
		}
		end := bytes.IndexByte(rest[:min(len(rest), maxVariableName+1)], '}')
		value, known := v[string(rest[:max(end, 0)])]
		if !known {
			out.WriteString("{$")
			continue
		}
		out.WriteString(value)
		raw = rest[end+1:]
		if out.Len() > maxExpanded {
			return "", errExpanded
		}
	}
	return out.String(), nil
}
