// Package kubernetes checks the manifest in deploy against the Go types of Kubernetes. It is a module of its
// own, so that the program does not depend on Kubernetes.
package kubernetes

import (
	"bytes"
	"os"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Kubernetes' own Go types accept every document of the file, read strictly: a typo, an unknown
// field and a wrong type are errors.
func TestTheFileHasTheFieldsOfKubernetes(t *testing.T) {
	text, err := os.ReadFile("../../deploy/kubernetes/daemonset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, document := range bytes.Split(text, []byte("\n---\n")) {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			t.Fatalf("document %d: %v", i+1, err)
		}
		var object any
		switch kind.APIVersion + " " + kind.Kind {
		case "apps/v1 DaemonSet":
			object = new(appsv1.DaemonSet)
		case "v1 ServiceAccount":
			object = new(corev1.ServiceAccount)
		default:
			t.Fatalf("document %d: no type is known for %s %s: add it here", i+1, kind.APIVersion, kind.Kind)
		}
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			t.Errorf("document %d, %s: %v", i+1, kind.Kind, err)
		}
	}
}
