package main

import (
	"cmp"
	"context"
	"net/url"

	"github.com/alecthomas/kong"
)

const defaultPath = "/mcp"

type serveCommand struct {
	Document string `arg:"" optional:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input; not with --config"`

	Config       string `group:"Serving" placeholder:"FILE" help:"serve the APIs that FILE lists, each with its flags as keys, and follow FILE; see mcpmount config-schema"`
	processFlags `embed:"" group:"Serving"`
	mountFlags   `embed:""`
	loggingFlags `embed:"" group:"Logging, to standard error"`
}

// processFlags are those of the process: what APIs share that it serves.
type processFlags struct {
	listenFlags  `embed:""`
	metricsFlags `embed:""`
	AllowHost    []string `xor:"host" sep:"none" placeholder:"HOST" help:"further host name to answer to, repeatable"`
	Stdio        bool     `xor:"listen,anyone,path,stateless,keep,public,host,origin,forward,tlscert,tlskey,request" help:"serve one client on standard input and output instead"`
	tlsFlags     `embed:""`
}

// loggingFlags are the other ones of the process.
type loggingFlags struct {
	logFlags  `embed:""`
	AccessLog *bool `help:"log who called what, and what became of it, never arguments (default, but with --stdio); --access-log=false: do not"`
}

// check completes the flags and refuses what is known to be wrong.
func (f *processFlags) check() error {
	if err := f.listenFlags.check(); err != nil {
		return err
	}
	return f.metricsFlags.check(f.Listen)
}

// mountFlags are those of one API.
type mountFlags struct {
	endpointFlags `embed:"" group:"Serving"`
	authFlags     `embed:"" group:"Who may call"`
	apiFlags      `embed:"" group:"Towards the API"`
	ForwardHeader []string `xor:"forward" sep:"none" group:"Towards the API" placeholder:"NAME" help:"header of the MCP client to copy, repeatable"`

	limitFlags  `embed:"" group:"Who may call"`
	bridgeFlags `embed:""`
	watchFlags  `embed:"" group:"Reading the document"`
	lockFlags   `embed:"" group:"Reading the document"`
}

// endpointFlags say where clients find an API, and how they are served.
type endpointFlags struct {
	Path        string   `xor:"path" placeholder:"PATH" help:"path of the MCP endpoint (default /mcp, in a file of several APIs /mcp/NAME)"`
	Stateless   bool     `xor:"stateless" help:"keep no sessions: any replica can answer any request"`
	KeepCalls   bool     `xor:"keep" help:"go on with calls of older clients without a session that disconnect"`
	PublicURL   string   `xor:"public" name:"public-url" placeholder:"URL" help:"URL by which clients know the endpoint"`
	AllowOrigin []string `xor:"origin" sep:"none" placeholder:"ORIGIN" help:"web page that may call from a browser, repeatable"`
	anyoneFlags `embed:""`
}

// checkPublicURL refuses what cannot be told to everybody.
func checkPublicURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return misuse("--public-url https://…/mcp", "--public-url is not a valid URL")
	case u.User != nil:
		return misuse("--public-url https://…/mcp", "--public-url must not hold a password: everybody is told")
	}
	return nil
}

// anyoneFlags say that nobody is asked who they are.
type anyoneFlags struct {
	AllowUnauthenticated bool `xor:"anyone" help:"listen beyond this machine, for anyone"`
}

func (serveCommand) Help() string {
	return "mcpmount serve --upstream https://api.example.com openapi.yaml\n" +
		"mcpmount serve --read-only --header 'X-API-Key: ${KEY}' openapi.yaml\n" +
		"mcpmount serve --stdio https://api.example.com/openapi.json\n" +
		"mcpmount serve --config mcpmount.yaml\n"
}

// Run serves until ctx is done. Whatever can be wrong is found before the port
// opens.
func (c *serveCommand) Run(ctx context.Context, t *terminal, typed *kong.Context) error {
	signals := withstand()
	defer signals.stop()
	set, err := c.settings(t, typed)
	if err != nil {
		return set.further(ctx, t, err)
	}
	log := &logWriter{to: t.stderr, lost: set.process.lostLines}
	defer log.flush()
	t = &terminal{t.stdin, t.stdout, log, t.env}
	s, err := newService(t, set)
	if err != nil {
		return set.further(ctx, t, err)
	}
	if s.traces, err = newTraces(ctx, t.env, s.log); err != nil {
		return err
	}
	defer s.traces.close(s.process.ShutdownTimeout)
	if err := s.open(ctx, set.apis); err != nil {
		return err
	}
	endMetrics, err := s.serveMetrics(ctx)
	if err != nil {
		return err
	}
	defer endMetrics()
	defer s.follow(ctx, func() (*settings, error) { return c.settings(t, typed) })()
	signals.pass()
	if set.process.Stdio {
		return s.serveStdio(ctx)
	}
	return s.serveHTTP(ctx)
}

// settings returns what the command line says, or the file that it names; see [readConfig].
func (c *serveCommand) settings(t *terminal, typed *kong.Context) (*settings, error) {
	if c.Config != "" {
		return readConfig(c.Config, typed, t.env)
	}
	if c.Document == "" {
		return nil, misuse("mcpmount serve --help", "DOCUMENT or --config is missing")
	}
	only := &apiSettings{keys: apiKeys{Document: c.Document, mountFlags: c.mountFlags}}
	only.keys.Path = cmp.Or(c.Path, defaultPath)
	set := &settings{process: processKeys{c.processFlags, c.loggingFlags}, top: only, apis: []*apiSettings{only}}
	if err := set.process.check(); err != nil {
		return nil, err
	}
	return set, nil
}
