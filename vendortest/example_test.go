package vendortest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A test of code that logs in to Gcore: the server is called in memory, an
// outage is simulated, and what the server saw is checked.
func Example() {
	srv := vendortest.NewGcore(&vendortest.Options{
		Users: []vendortest.User{{Email: "ops@example.com", Password: "example-password"}},
	})
	defer srv.Close()
	srv.Inject(vendortest.Fault{Op: "login", Status: http.StatusServiceUnavailable})

	login := func(password string) {
		resp, err := srv.Client().Post(srv.URL+"/iam/auth/jwt/login", "application/json",
			strings.NewReader(`{"username":"ops@example.com","password":"`+password+`"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	login("example-password")
	login("example-password")
	login("wrong")

	c := srv.Counts()
	fmt.Println(c.Requests, "requests,", c.Logins, "login,", c.WrongPasswords, "wrong password")
	fmt.Println("problems:", srv.Problems())
	// Output:
	// 503
	// 200
	// 400
	// 3 requests, 1 login, 1 wrong password
	// problems: []
}
