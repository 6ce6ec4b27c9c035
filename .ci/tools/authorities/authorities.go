// Command authorities prints, in PEM, the certificate authorities that the image trusts: Mozilla's,
// at the version that go.mod pins. So the image does not depend on the machine that builds it.
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
			continue // it is trusted only for some names, which PEM can't express
		}
		if err := pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			fmt.Fprintln(os.Stderr, "authorities:", err)
			os.Exit(1)
		}
	}
}
