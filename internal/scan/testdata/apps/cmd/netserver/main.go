// Command netserver serves netapp.
package main

import (
	"log"
	"net/http"

	"example.com/apps/netapp"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:0", netapp.New()))
}
