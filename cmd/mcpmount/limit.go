package main

import "github.com/mcpmount/mcpmount"

// limitFlags say how much callers may do.
type limitFlags struct {
	MaxCalls          int `default:"1024" placeholder:"N" help:"calls under way at a time (default 1024); below 0: any number"`
	MaxCallsPerCaller int `default:"256" placeholder:"N" help:"those of one caller who says who it is (default 256)"`
	CallsPerMinute    int `placeholder:"N" help:"calls that one caller may make a minute (default: any number)"`

	MaxRequestBytes *int64 `xor:"request" placeholder:"N" help:"how large a message of a client may be, with the files in it in base64 (default 4 MiB); below 0: any size"`
}

// check refuses what is known to be wrong.
func (f *limitFlags) check() error {
	if f.MaxCalls == 0 || f.MaxCallsPerCaller == 0 {
		return misuse("a negative number removes the limit", "--max-calls and --max-calls-per-caller must not be 0")
	}
	if f.MaxRequestBytes != nil && *f.MaxRequestBytes == 0 {
		return misuse("a negative number removes the limit", "--max-request-bytes must not be 0")
	}
	if f.CallsPerMinute < 0 {
		return misuse("leave it out for no limit", "--calls-per-minute must not be negative")
	}
	return nil
}

// bound puts the flags into l.
func (f *limitFlags) bound(l *mcpmount.Limits) {
	l.MaxCalls, l.MaxCallsPerPrincipal, l.CallsPerMinute = f.MaxCalls, f.MaxCallsPerCaller, f.CallsPerMinute
	if f.MaxRequestBytes != nil {
		l.MaxRequestBytes = *f.MaxRequestBytes
	}
}
