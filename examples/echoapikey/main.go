// Command echoapikey is an app of echo that knows its users by the API keys in
// its database. Agents send the same keys, to the same middleware.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"flag"
	"log"
	"net/http"

	"github.com/labstack/echo/v4"
	_ "modernc.org/sqlite" // pure Go, nothing to install

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	file := flag.String("db", "users.db", "`FILE` of the database")
	flag.Parse()
	if err := run(*listen, *file); err != nil {
		log.Fatal(err)
	}
}

func run(listen, file string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := seed(db); err != nil {
		return err
	}
	e, srv, err := newApp(db)
	if err != nil {
		return err
	}
	return server.Run(listen, e, srv)
}

func newApp(db *sql.DB) (*echo.Echo, *mcpmount.Server, error) {
	e := echo.New()
	e.Use(keyAuth(db)) // for the API and for /mcp
	e.GET("/me", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"user": userFrom(c.Request())})
	})
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return nil, nil, err
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(e), &mcpmount.Options{
		ForwardHeaders: []string{"X-API-Key"}, // of the caller, to the middleware
		Principal:      userFrom,              // a session belongs to a user, whichever key they use
	})
	if err != nil {
		return nil, nil, err
	}
	e.Any("/mcp", echo.WrapHandler(srv))
	e.Any("/mcp/*", echo.WrapHandler(srv))
	return e, srv, nil
}

type userKey struct{}

func userFrom(r *http.Request) string {
	user, _ := r.Context().Value(userKey{}).(string)
	return user
}

// keyAuth finds the user of the key in X-API-Key, and refuses requests without one.
func keyAuth(db *sql.DB) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			digest := sha256.Sum256([]byte(r.Header.Get("X-API-Key")))
			var user string
			if err := db.QueryRowContext(r.Context(), `SELECT name FROM users WHERE key_sha256 = ?`, digest[:]).Scan(&user); err != nil {
				return echo.NewHTTPError(http.StatusUnauthorized, "send your key as X-API-Key")
			}
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
			return next(c)
		}
	}
}

// seed makes a table with two users. Of their keys it has the digests only.
func seed(db *sql.DB) error {
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS users (name TEXT, key_sha256 BLOB PRIMARY KEY)`); err != nil {
		return err
	}
	for user, key := range map[string]string{"alice": "key-of-alice", "bob": "key-of-bob"} {
		digest := sha256.Sum256([]byte(key))
		if _, err := db.Exec(`INSERT OR IGNORE INTO users VALUES (?, ?)`, user, digest[:]); err != nil {
			return err
		}
	}
	return nil
}
