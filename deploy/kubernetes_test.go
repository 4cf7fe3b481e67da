package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// A cluster is what the manifests ask for, in the types of Kubernetes.
type cluster struct {
	namespace  core.Namespace
	config     core.ConfigMap
	secret     core.Secret
	deployment apps.Deployment
	service    core.Service
	autoscaler autoscaling.HorizontalPodAutoscaler
	budget     policy.PodDisruptionBudget
	network    networking.NetworkPolicy
}

// manifests returns what kustomize makes of the folder, and the example of the secret,
// by kind.
func manifests(t *testing.T) map[string][]byte {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{"Secret": read(t, "kubernetes/secret.example.yaml")}
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		found[resource.GetKind()] = text
	}
	if files, err := filepath.Glob("kubernetes/*.yaml"); err != nil || len(files) != len(found)+1 {
		t.Errorf("%d files, %d manifests: one is not in the kustomization", len(files), len(found))
	}
	return found
}

// load reads the manifests as a cluster would that refuses unknown fields.
func load(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{}
	objects := map[string]any{
		"Namespace": &c.namespace, "ConfigMap": &c.config, "Secret": &c.secret, "Deployment": &c.deployment, "Service": &c.service,
		"HorizontalPodAutoscaler": &c.autoscaler, "PodDisruptionBudget": &c.budget, "NetworkPolicy": &c.network,
	}
	found := manifests(t)
	if len(found) != len(objects) {
		t.Errorf("%d manifests, want %d", len(found), len(objects))
	}
	for kind, object := range objects {
		if err := yaml.UnmarshalStrict(found[kind], object); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	return c
}

// Every manifest is what the API of Kubernetes describes, without a field that it does
// not know.
func TestManifestSchemas(t *testing.T) {
	for kind, text := range manifests(t) {
		value := object(t, text)
		remove(value, "spec", "template", "spec", "containers", "0", "lifecycle", "preStop", "sleep") // newer than the document
		if err := kubernetesSchema(t, value).Validate(value); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, wrong := range []string{
		"{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {port: 80}}",
		"{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {template: {}}}",
		"{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {maxReplicas: ten, scaleTargetRef: {kind: x, name: x}}}",
	} {
		value := object(t, []byte(wrong))
		if kubernetesSchema(t, value).Validate(value) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// kubernetesSchema returns the schema of a manifest's kind: that of the OpenAPI document
// of Kubernetes, but strict.
func kubernetesSchema(t *testing.T, manifest map[string]any) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(specification(t, "kubernetes-swagger.json")))
	if err != nil {
		t.Fatal(err)
	}
	definitions := document.(map[string]any)["definitions"].(map[string]any)
	group, version, found := strings.Cut(manifest["apiVersion"].(string), "/")
	if !found {
		group, version = "", group
	}
	kind := map[string]any{"group": group, "version": version, "kind": manifest["kind"]}
	root := ""
	for name, definition := range definitions {
		schema := definition.(map[string]any)
		kinds, _ := schema["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) == 1 && reflect.DeepEqual(kinds[0], kind) {
			root = name
		}
		switch _, hasMore := schema["additionalProperties"]; {
		case schema["properties"] != nil && !hasMore:
			schema["additionalProperties"] = false
		case schema["format"] == "int-or-string", strings.HasSuffix(name, ".Quantity"):
			schema["type"] = []any{"string", "number"}
		}
	}
	if root == "" {
		t.Fatalf("the document has no %v", kind)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("mem:kubernetes", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:kubernetes#/definitions/" + root)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// What one manifest names in another is there.
func TestManifestsFit(t *testing.T) {
	c := load(t)
	pod := c.deployment.Spec.Template
	for what, selector := range map[string]map[string]string{
		"deployment": c.deployment.Spec.Selector.MatchLabels, "service": c.service.Spec.Selector,
		"disruption budget": c.budget.Spec.Selector.MatchLabels, "network policy": c.network.Spec.PodSelector.MatchLabels,
		"spread": pod.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
	} {
		if !reflect.DeepEqual(selector, pod.Labels) || len(selector) == 0 {
			t.Errorf("%s selects %v, pods have %v", what, selector, pod.Labels)
		}
	}
	for _, namespace := range []string{c.config.Namespace, c.secret.Namespace, c.deployment.Namespace, c.service.Namespace, c.autoscaler.Namespace, c.budget.Namespace, c.network.Namespace} {
		if namespace != c.namespace.Name {
			t.Errorf("namespace %q, want %q", namespace, c.namespace.Name)
		}
	}
	target := c.autoscaler.Spec.ScaleTargetRef
	if target.Kind != c.deployment.Kind || target.Name != c.deployment.Name || target.APIVersion != c.deployment.APIVersion {
		t.Errorf("the autoscaler scales %v", target)
	}
	if c.deployment.Spec.Replicas != nil || *c.autoscaler.Spec.MinReplicas < 2 || c.autoscaler.Spec.MaxReplicas <= *c.autoscaler.Spec.MinReplicas {
		t.Error("how many replicas there are is for the autoscaler to say, and one is none while it restarts")
	}
	container := pod.Spec.Containers[0]
	port := container.Ports[0].Name
	for what, named := range map[string]string{
		"service": c.service.Spec.Ports[0].TargetPort.StrVal, "network policy": c.network.Spec.Ingress[0].Ports[0].Port.StrVal,
		"startup": container.StartupProbe.HTTPGet.Port.StrVal, "liveness": container.LivenessProbe.HTTPGet.Port.StrVal, "readiness": container.ReadinessProbe.HTTPGet.Port.StrVal,
	} {
		if named != port {
			t.Errorf("%s: port %q, want %q", what, named, port)
		}
	}
	// The deployment names the secret and the configuration; nothing else does.
	volumes := map[string]string{}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.ConfigMap != nil && v.ConfigMap.Name == c.config.Name:
			volumes[v.Name] = "config"
		case v.Secret != nil && v.Secret.SecretName == c.secret.Name:
			volumes[v.Name] = "secret"
		}
	}
	for _, mount := range container.VolumeMounts {
		if volumes[mount.Name] == "" || !mount.ReadOnly {
			t.Errorf("mount %v", mount)
		}
	}
	if cpu := container.Resources.Requests.Cpu(); cpu.IsZero() {
		t.Error("the autoscaler needs a request of CPU")
	}
	if !strings.HasPrefix(container.Image, "registry.example.com/") {
		t.Errorf("image %s: whose is it?", container.Image)
	}
}

// The pod is one that Pod Security Standards call restricted, which the namespace wants,
// and more: it writes nowhere and knows nothing of the cluster.
func TestPodIsRestricted(t *testing.T) {
	c := load(t)
	pod := c.deployment.Spec.Template.Spec
	container := pod.Containers[0]
	checks := map[string]bool{
		"namespace":          c.namespace.Labels["pod-security.kubernetes.io/enforce"] == "restricted",
		"non-root":           *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser > 0,
		"seccomp":            pod.SecurityContext.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault,
		"escalation":         !*container.SecurityContext.AllowPrivilegeEscalation,
		"capabilities":       slices.Equal(container.SecurityContext.Capabilities.Drop, []core.Capability{"ALL"}) && container.SecurityContext.Capabilities.Add == nil,
		"read-only root":     *container.SecurityContext.ReadOnlyRootFilesystem,
		"no token":           !*pod.AutomountServiceAccountToken,
		"nothing of a node":  !pod.HostNetwork && !pod.HostPID && !pod.HostIPC && container.Ports[0].HostPort == 0,
		"limit of memory":    !container.Resources.Limits.Memory().IsZero(),
		"policy both ways":   len(c.network.Spec.PolicyTypes) == 2,
		"whole network open": !slices.ContainsFunc(c.network.Spec.Egress, func(r networking.NetworkPolicyEgressRule) bool { return len(r.To) == 0 }),
		"secrets for one":    *pod.Volumes[1].Secret.DefaultMode&0o007 == 0,
	}
	for what, ok := range checks {
		if !ok {
			t.Error(what)
		}
	}
}

// The configuration in the manifests is that of the folder config.
func TestConfigMapIsTheConfiguration(t *testing.T) {
	files, err := filepath.Glob("config/*")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, file := range files {
		want[filepath.Base(file)] = string(read(t, file))
	}
	if got := load(t).config.Data; !reflect.DeepEqual(got, want) {
		t.Errorf("the ConfigMap has\n%v\nbut the folder\n%v", got, want)
	}
}

// object returns a manifest as JSON has it.
func object(t *testing.T, text []byte) map[string]any {
	t.Helper()
	data, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

// remove removes what is at a path, if there is something.
func remove(value any, path ...string) {
	for _, step := range path[:len(path)-1] {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = v[0]
		}
	}
	if v, ok := value.(map[string]any); ok {
		delete(v, path[len(path)-1])
	}
}

// specification returns a document of the corpus.
func specification(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = "../../shared/specs"
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the documents of other people are not there: %v", err)
	}
	return data
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// text returns a value as JSON, for messages.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(data)
}
