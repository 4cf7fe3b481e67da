package examples_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A composeFile is what the test needs of compose.yaml.
type composeFile struct {
	Services map[string]struct {
		Build struct {
			Context, Dockerfile, Target string
		}
		Command   []string
		Secrets   []string
		Volumes   []string
		Ports     []string
		DependsOn []string `yaml:"depends_on"`
	}
	Secrets map[string]struct{ File string }
}

// The commands of compose.yaml run as processes on this machine, with the files
// that the containers would see; only where they listen is changed.
func TestService(t *testing.T) {
	text, err := os.ReadFile("service/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose composeFile
	if err := yaml.Unmarshal(text, &compose); err != nil {
		t.Fatal(err)
	}
	checkBuilds(t, compose)
	apiAt, mcpAt := freeAddress(t), freeAddress(t)
	api := startService(t, compose, "api", ":9000", apiAt)
	api.logged(t, regexp.MustCompile("listening on"))
	api.url = "http://" + apiAt
	mcp := startService(t, compose, "mcp", ":8080", mcpAt, "http://api:9000", api.url)
	mcp.logged(t, regexp.MustCompile("serving Weather at https://weather.example.com/mcp$"))
	mcp.url = "http://" + mcpAt

	checkREST(t, api, "GET", "/weather/Oslo", "", 401, "")
	checkREST(t, api, "GET", "/weather/Oslo", "", 200, `"Oslo"`, "X-API-Key", "key-of-the-example-api")
	checkREST(t, mcp, "POST", "/mcp", listTools, 401, "")
	for _, era := range eras {
		session := mcp.connect(t, "/mcp", era, nil, "Authorization", "Bearer key-of-the-example-agent")
		checkTools(t, session, "getWeather")
		checkCall(t, session, "getWeather", map[string]any{"city": "Oslo"}, `{"city":"Oslo","weather":"sunny"}`)
	}
	checkREST(t, mcp, "GET", "/healthz", "", 200, `"ok":true`)
	mcp.stop(t)
	api.stop(t)
}

// startService runs the command of a service, with some of its texts replaced.
func startService(t *testing.T, compose composeFile, name string, replaced ...string) *process {
	t.Helper()
	service, ok := compose.Services[name]
	if !ok {
		t.Fatalf("no service %q", name)
	}
	for _, secret := range service.Secrets {
		replaced = append(replaced, "/run/secrets/"+secret, absolute(t, compose.Secrets[secret].File))
	}
	for _, volume := range service.Volumes {
		from, to, _ := strings.Cut(strings.TrimSuffix(volume, ":ro"), ":")
		replaced = append(replaced, to, absolute(t, from))
	}
	var args []string
	for _, arg := range service.Command {
		args = append(args, strings.NewReplacer(replaced...).Replace(arg))
	}
	return run(t, args[0], args[1:]...)
}

// freeAddress returns an address on loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// absolute returns the path of a file that compose.yaml names.
func absolute(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("service", file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkBuilds checks that each image is a stage of a Dockerfile that is there,
// and builds packages that are there.
func checkBuilds(t *testing.T, compose composeFile) {
	t.Helper()
	for name, service := range compose.Services {
		root := filepath.Join("service", service.Build.Context)
		dockerfile, err := os.ReadFile(filepath.Join(root, service.Build.Dockerfile))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(dockerfile), " AS "+service.Build.Target+"\n") || !strings.Contains(string(dockerfile), "/bin/"+service.Command[0]+" /bin/") {
			t.Errorf("service %s: %s has no stage %s with %s", name, service.Build.Dockerfile, service.Build.Target, service.Command[0])
		}
		for _, dependency := range service.DependsOn {
			if _, ok := compose.Services[dependency]; !ok {
				t.Errorf("service %s: no service %s", name, dependency)
			}
		}
	}
}
