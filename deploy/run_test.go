package deploy_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

// The keys of the test: that of a caller, and that of the API.
const (
	callerKey = "s3cr3t-key-of-the-caller"
	apiKey    = "s3cr3t-key-of-the-api"
)

// A deployment is how one of the files here starts mcpmount.
type deployment struct {
	args    []string
	env     map[string]string
	config  string   // where the folder config is mounted
	secrets string   // where the secrets are
	names   []string // of the secrets
	memory  int64    // limit, in bytes
}

// deployments returns what each way starts.
func deployments(t *testing.T) map[string]deployment {
	t.Helper()
	all := map[string]deployment{}

	container := load(t).deployment.Spec.Template.Spec.Containers[0]
	k := deployment{args: container.Args, env: map[string]string{}, memory: container.Resources.Limits.Memory().Value()}
	for _, v := range container.Env {
		k.env[v.Name] = v.Value
	}
	k.config, k.secrets = container.VolumeMounts[0].MountPath, container.VolumeMounts[1].MountPath
	for name := range load(t).secret.StringData {
		k.names = append(k.names, name)
	}
	all["kubernetes"] = k

	service, _ := composed(t)
	c := deployment{args: service.Command, env: map[string]string{}, config: service.Volumes[0].Target, secrets: "/run/secrets", memory: int64(service.MemLimit)}
	for name, value := range service.Environment {
		c.env[name] = *value
	}
	for _, secret := range service.Secrets {
		c.names = append(c.names, secret.Source)
	}
	all["compose"] = c

	u := unit(t)
	s := deployment{args: strings.Fields(u["ExecStart"][0])[1:], env: map[string]string{}, config: "/etc/mcpmount", secrets: "%d"}
	limit, err := resource.ParseQuantity(u["MemoryMax"][0] + "i")
	if err != nil {
		t.Fatal(err)
	}
	s.memory = limit.Value()
	for _, v := range u["Environment"] {
		name, value, _ := strings.Cut(v, "=")
		s.env[name] = value
	}
	for _, credential := range u["LoadCredential"] {
		name, _, _ := strings.Cut(credential, ":")
		s.names = append(s.names, name)
	}
	all["systemd"] = s
	return all
}

// Each way starts a server that is ready, that takes the keys of callers and nobody else,
// that calls the API with its key, and that ends in time: with the command, the files and the
// environment that are written here, at other places.
func TestDeployments(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "mcpmount")
	if out, err := exec.CommandContext(t.Context(), "go", "-C", "..", "build", "-o", binary, "./cmd/mcpmount").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != apiKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"city":%q,"weather":"sunny"}`, strings.TrimPrefix(r.URL.Path, "/weather/"))
	}))
	defer api.Close()
	for name, d := range deployments(t) {
		t.Run(name, func(t *testing.T) {
			soft, err := resource.ParseQuantity(strings.TrimSuffix(d.env["GOMEMLIMIT"], "B"))
			if err != nil || soft.Value() >= d.memory {
				t.Errorf("GOMEMLIMIT %s of %d", d.env["GOMEMLIMIT"], d.memory)
			}
			address, stop := d.start(t, binary, api.URL)
			checkHealth(t, binary, address)
			if status, body := call(t, address, ""); status != http.StatusUnauthorized {
				t.Errorf("without a key: %d %s", status, body)
			}
			if status, body := call(t, address, callerKey); status != http.StatusOK || !strings.Contains(body, `"weather":"sunny"`) {
				t.Errorf("with a key: %d %s", status, body)
			}
			stop()
		})
	}
}

// start starts a process as the deployment does.
func (d deployment) start(t *testing.T, binary, api string) (address string, stop func()) {
	t.Helper()
	secrets := t.TempDir()
	values := map[string]string{
		"api_key":      apiKey + "\n",
		"callers.yaml": fmt.Sprintf("- {name: caller, sha256: %x}\n", sha256.Sum256([]byte(callerKey))),
	}
	for _, name := range d.names {
		if values[name] == "" {
			t.Errorf("nobody uses the secret %q", name)
		}
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(values[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := filepath.Abs("config")
	if err != nil {
		t.Fatal(err)
	}
	address = freeAddress(t)
	var args []string
	for _, arg := range d.args {
		args = append(args, strings.Replace(arg, d.config, config, 1))
	}
	if i := slices.Index(args, "--listen"); i >= 0 {
		args = slices.Delete(args, i, i+2)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, binary, append(args, "--listen", address)...)
	d.env["WEATHER_URL"] = api
	for name, value := range d.env {
		cmd.Env = append(cmd.Env, name+"="+strings.Replace(value, d.secrets, secrets, 1))
	}
	told, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := waitFor(t, told, regexp.MustCompile(`"msg":"serving"|serving Weather at`))
	return address, func() {
		defer cancel()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		rest, _ := io.ReadAll(told)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s%s", err, log, rest)
		}
	}
}

// waitFor reads until a pattern is told.
func waitFor(t *testing.T, r io.Reader, pattern *regexp.Regexp) (log string) {
	t.Helper()
	buffer := make([]byte, 4096)
	for {
		n, err := r.Read(buffer)
		log += string(buffer[:n])
		if pattern.MatchString(log) {
			return log
		}
		if err != nil {
			t.Fatalf("%v; it said\n%s", err, log)
		}
	}
}

// checkHealth asks as the compose file does, and at the paths of the probes.
func checkHealth(t *testing.T, binary, address string) {
	t.Helper()
	container := load(t).deployment.Spec.Template.Spec.Containers[0]
	service, _ := composed(t)
	for _, path := range []string{container.StartupProbe.HTTPGet.Path, container.LivenessProbe.HTTPGet.Path, container.ReadinessProbe.HTTPGet.Path} {
		out, err := exec.CommandContext(t.Context(), binary, append(service.HealthCheck.Test[2:], "http://"+address+path)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), `"ok":true`) {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}

// call calls the tool as a client does that came through the proxy.
func call(t *testing.T, address, key string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/mcp/weather", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getWeather","arguments":{"city":"Oslo"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "mcp.example.com"
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// configuration is what the tests want to know of config/mcpmount.yaml.
type configuration struct {
	Listen          string `json:"listen"`
	ShutdownTimeout string `json:"shutdown-timeout"`
	Defaults        struct {
		Stateless bool `json:"stateless"`
	} `json:"defaults"`
	APIs map[string]struct {
		Stateless *bool `json:"stateless"`
	} `json:"apis"`
}

func readConfiguration(t *testing.T) (c configuration) {
	t.Helper()
	if err := yaml.Unmarshal(read(t, "config/mcpmount.yaml"), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func shutdownTimeout(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(readConfiguration(t).ShutdownTimeout)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Several replicas behind a service that knows nothing of sessions have none; and a pod has the
// time that its calls are given.
func TestReplicas(t *testing.T) {
	c := readConfiguration(t)
	for name, api := range c.APIs {
		if !c.Defaults.Stateless && api.Stateless == nil || api.Stateless != nil && !*api.Stateless {
			t.Errorf("%s has sessions, which replicas do not share", name)
		}
	}
	pod := load(t).deployment.Spec.Template.Spec
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port != fmt.Sprint(pod.Containers[0].Ports[0].ContainerPort) {
		t.Errorf("it listens at %s, the port of the container is %d", c.Listen, pod.Containers[0].Ports[0].ContainerPort)
	}
	needed := time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds)*time.Second + shutdownTimeout(t)
	if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; grace <= needed {
		t.Errorf("a pod is given %s to end, and needs %s", grace, needed)
	}
}
