package command

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"firstframe/fetch/demo"
)

// demoOut is the folder that the demo is written to, unless --out names another one. A gallery is
// written to out/, so the two are never in each other's way.
const demoOut = "demo"

// demoToken is the token of the demo's service.
const demoToken = "demo"

// startDemo starts a service with generated pictures on a loopback port, and makes the options use
// it.
func startDemo(o *options) (*http.Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the demo: %w", err)
	}
	server := &http.Server{
		Handler:           demo.Service(demoToken),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go server.Serve(listener) // until Close, which does not wait for pictures that are being drawn
	useDemo(o, "http://"+listener.Addr().String())
	return server, nil
}

// useDemo makes the options use the demo's service at this address.
func useDemo(o *options, api string) {
	o.token, o.api, o.allowPrivate, o.accounts = demoToken, api, true, []account{{}}
	// Pictures are drawn while their downloads wait. A slow machine may take its time.
	o.idle = o.timeout
	// The demo shows everything, unless a setting turns it off.
	if !o.flags.Changed("source") {
		o.source = sourceBoth
	}
	o.prompts = o.prompts || !o.isGiven("prompts")
	o.clips = o.clips || !o.isGiven("clips")
}
