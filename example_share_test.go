package vendorlogin_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Share a token through a file: with the other processes of this machine, and with later runs of a tool.
func Example_shareThroughAFile() {
	home, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(home)
	srv := vendortest.NewGcore(nil)

	for range 3 { // three runs
		auth, err := gcore.New(gcore.Config{
			Username:   vendortest.DefaultEmail,
			Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
			BaseURL:    srv.URL,
			HTTPClient: srv.Client(),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: tokenstore.NewFile(filepath.Join(home, "tokens"))})
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := client.Token(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		client.Close()
	}
	fmt.Println("logins:", srv.Counts().Logins)
	// Output: logins: 1
}
