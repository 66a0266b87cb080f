package tokenstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// An exampleVendor logs in to nowhere, and says so. Yours comes from a vendor's package, such as gcore.New.
type exampleVendor struct{}

func (exampleVendor) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "ops@example.com"}
}

func (exampleVendor) Login(context.Context) (*vendorlogin.Token, error) {
	fmt.Println("login")
	now := time.Now()
	return &vendorlogin.Token{Access: vendorlogin.NewSecret("example-token"), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, nil
}

// A program that runs twice logs in once: the second run finds the first one's token in the directory.
func ExampleNewFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	run := func() {
		store := tokenstore.NewFile(filepath.Join(dir, "tokens"))
		client, err := vendorlogin.NewClient(exampleVendor{}, &vendorlogin.Options{Store: store})
		if err != nil {
			panic(err)
		}
		defer client.Close()
		token, err := client.Token(context.Background())
		fmt.Println(token.Access, err)
	}
	run()
	run()
	// Output:
	// login
	// [redacted] <nil>
	// [redacted] <nil>
}

// Several Clients of one process share one login through a Memory.
func ExampleNewMemory() {
	store := tokenstore.NewMemory()
	for range 3 {
		client, err := vendorlogin.NewClient(exampleVendor{}, &vendorlogin.Options{Store: store})
		if err != nil {
			panic(err)
		}
		defer client.Close()
		token, err := client.Token(context.Background())
		fmt.Println(token.Access.Reveal(), err)
	}
	// Output:
	// login
	// example-token <nil>
	// example-token <nil>
	// example-token <nil>
}

// What a Client does with its store: it loads, and saves only over the version that it has seen.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	var store vendorlogin.Store = tokenstore.NewFile(filepath.Join(dir, "tokens"))

	ctx := context.Background()
	account := vendorlogin.Account{Vendor: "gcore", Endpoint: "https://api.gcore.com", Principal: "ops@example.com"}
	version, err := store.Save(ctx, account.Key(), []byte("a token"), "", time.Hour)
	fmt.Println("saved:", err)
	_, err = store.Save(ctx, account.Key(), []byte("another one"), "", time.Hour)
	fmt.Println("saved without the version:", err)
	_, err = store.Save(ctx, account.Key(), []byte("its successor"), version, time.Hour)
	fmt.Println("saved with it:", err)

	data, _, err := store.Load(ctx, account.Key())
	fmt.Println("loaded:", string(data), err)
	// Output:
	// saved: <nil>
	// saved without the version: record changed
	// saved with it: <nil>
	// loaded: its successor <nil>
}

// The keys come from where secrets are kept. Here the second one is on its way out: what was sealed with it still opens.
func ExampleNewSealed() {
	current, err := tokenstore.ParseKey("2026-02:ZXhhbXBsZS1rZXktZXhhbXBsZS1rZXktZXhhbXBsZSE=")
	if err != nil {
		panic(err)
	}
	former, err := tokenstore.ParseKey("2026-01:b2xkLWV4YW1wbGUta2V5LW9sZC1leGFtcGxlLWtleSE=")
	if err != nil {
		panic(err)
	}
	inner := tokenstore.NewMemory() // or tokenstore.NewFile(dir), or one on Redis
	store, err := tokenstore.NewSealed(inner, current, former)
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	_, err = store.Save(ctx, "gcore-0123456789abcdef", []byte("a token"), "", time.Hour)
	fmt.Println("saved:", err)
	data, _, err := store.Load(ctx, "gcore-0123456789abcdef")
	fmt.Println("loaded:", string(data), err)

	stranger, err := tokenstore.NewSealed(inner, former)
	if err != nil {
		panic(err)
	}
	_, _, err = stranger.Load(ctx, "gcore-0123456789abcdef")
	fmt.Println("loaded without the key:", err)
	// Output:
	// saved: <nil>
	// loaded: a token <nil>
	// loaded without the key: store failure: sealed record cannot be opened: the key "2026-02" it was sealed with is not among ours
}

func ExampleNewKey() {
	key := tokenstore.NewKey()
	again, err := tokenstore.ParseKey(key.Reveal()) // keep what Reveal gives, and give it to each process
	fmt.Println(again.ID() == key.ID(), err)
	fmt.Println(len(key.String()) < len(key.Reveal())) // printed by accident, it says [redacted]
	// Output:
	// true <nil>
	// true
}
