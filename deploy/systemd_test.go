package deploy_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// unit returns the settings of the unit, each with its values.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	settings := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(read(t, "systemd/mcpmount.service"))); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), "="); found && !strings.HasPrefix(key, "#") {
			settings[key] = append(settings[key], value)
		}
	}
	return settings
}

// systemd itself takes the unit, and finds little that it could do.
func TestUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd is not installed")
	}
	// The program and its page are not installed here.
	text := strings.ReplaceAll(string(read(t, "systemd/mcpmount.service")), "/usr/local/bin/mcpmount", "/bin/true")
	text = strings.ReplaceAll(text, "man:mcpmount(1)", "https://mcpmount.example.com")
	file := filepath.Join(t.TempDir(), "mcpmount.service")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", file).CombinedOutput(); err != nil || strings.Contains(string(out), "mcpmount") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := regexp.MustCompile(`Overall exposure level for mcpmount.service: ([\d.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("%s", out)
	}
	if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > 1.5 {
		t.Errorf("exposure %s of 10\n%s", m[1], out)
	}
}

func TestUnitFits(t *testing.T) {
	u := unit(t)
	grace, err := time.ParseDuration(u["TimeoutStopSec"][0])
	if err != nil || grace <= shutdownTimeout(t) {
		t.Errorf("it is given %s to end, and wants %s", grace, shutdownTimeout(t))
	}
	if !strings.Contains(u["ExecReload"][0], "-HUP") {
		t.Errorf("it reads its configuration again at SIGHUP, not by %s", u["ExecReload"])
	}
}
