package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// Every process that does this shares one login with all the others, and what the table holds is encrypted.
func Example() {
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("TOKEN_DATABASE_URL")) // and import _ "github.com/jackc/pgx/v5/stdlib"
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	db.SetMaxOpenConns(2)

	plain := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	if err := plain.CreateTable(ctx); err != nil {
		fmt.Println(err)
		return
	}
	key, err := tokenstore.ParseKey(os.Getenv("TOKEN_STORE_KEY")) // from where secrets are kept
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := tokenstore.NewSealed(plain, key)
	if err != nil {
		fmt.Println(err)
		return
	}

	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD")})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	// client.HTTPClient(), client.Token(ctx) and client.Authorize(req) now ask the database before they log in.
}
