package command

import (
	"testing"

	"firstframe/fetch"
)

// TestPublicName tests each rule alone. Most ids are found by more than one rule.
func TestPublicName(t *testing.T) {
	const id, address = "user:654321-minimax:777777-file:1", "https://cdn.example/moss/prod/1728700000000-2_3.jpg"
	for _, tt := range []struct{ name, account, want string }{
		{"beach 12345.jpg", "98765", "beach 12345.jpg"},
		{"beach 98765.jpg", "98765", ""}, // the account, however short
		{"my-studio.jpg", "studio", ""},  // also if it is not a number
		{"x-654321.jpg", "", ""},         // the user in the id
		{"777777.jpg", "", ""},           // the account in it
		{"1728700000000.jpg", "", ""},    // a number in the address
		{"IMG_20240701_120000.jpg", "", "IMG_20240701_120000.jpg"},
		{"123456789012345.jpg", "", ""}, // as long as an id
		{"12345678901234.jpg", "", "12345678901234.jpg"},
	} {
		if got := publicName(&fetch.File{Name: tt.name, ID: id, URL: address, Account: tt.account}); got != tt.want {
			t.Errorf("%s of account %q is shown as %q, want %q", tt.name, tt.account, got, tt.want)
		}
	}
}
