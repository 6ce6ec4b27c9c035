// Command authorities prints the certificates of the authorities that the image trusts, in PEM:
// those of Mozilla, at the version that go.mod pins. So an image does not depend on who builds it.
package main

import (
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func main() {
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // it is trusted for some names alone, which a file of PEM can't say
		}
		if err := pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			fmt.Fprintln(os.Stderr, "authorities:", err)
			os.Exit(1)
		}
	}
}
