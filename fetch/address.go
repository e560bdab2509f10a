package fetch

import (
	"fmt"
	"net/netip"
	"syscall"
)

// global contains all public IPv6 addresses. It does not contain loopback, link-local and unique
// local addresses, multicast, NAT64 (64:ff9b::/96, which leads to any IPv4 address) and IPv4
// addresses written as IPv6 (::ffff:0:0/96).
var global = netip.MustParsePrefix("2000::/3")

// reserved contains the special addresses among IPv4 and global.
var reserved = prefixes(
	"0.0.0.0/8",         // this host
	"10.0.0.0/8",        // private
	"100.64.0.0/10",     // carrier-grade NAT
	"127.0.0.0/8",       // loopback
	"168.63.129.16/32",  // services of Azure for its virtual machines
	"169.254.0.0/16",    // link-local, including the metadata services of clouds
	"172.16.0.0/12",     // private
	"192.0.0.0/24",      // IETF protocols
	"192.0.2.0/24",      // documentation
	"192.88.99.0/24",    // 6to4 relays
	"192.168.0.0/16",    // private
	"198.18.0.0/15",     // benchmarks
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"224.0.0.0/4",       // multicast
	"240.0.0.0/4",       // reserved, and broadcast
	"2001::/23",         // IETF protocols: Teredo, ORCHID, benchmarks
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4, which leads to any IPv4 address
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
)

// prefixes parses a list of prefixes.
func prefixes(list ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(list))
	for i, s := range list {
		parsed[i] = netip.MustParsePrefix(s)
	}
	return parsed
}

// public reports whether addr is a public address on the internet.
func public(addr netip.Addr) bool {
	if !addr.Is4() && !global.Contains(addr) {
		return false
	}
	for _, p := range reserved {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// addressError means that a name or a URL leads to an address that is not public.
type addressError struct{ addr string }

// Error returns the address and what is wrong with it.
func (e *addressError) Error() string {
	return fmt.Sprintf("%s is not a public address, so no request is sent; a service of your own needs --allow-private-hosts", e.addr)
}

// dialPublic is a net.Dialer.Control that rejects addresses that are not public. It gets the
// address that is about to be dialled, after the name was resolved. So a name cannot lead to a
// public address for the check and to a private one for the connection.
func dialPublic(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &addressError{oneLine(address)}
	}
	if !public(ap.Addr()) {
		return &addressError{ap.Addr().String()}
	}
	return nil
}
