package memhttp_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
)

func ExampleTransport() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello from ", r.URL.Path) })
	client := &http.Client{Transport: &memhttp.Transport{Handler: handler}}

	resp, err := client.Get("https://vendor.example/api")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body), err)
	// Output: 200 hello from /api <nil>
}
