package vendortest

// vendor is what sets the five apart. All but origin, base and api are called
// with the server's lock held.
type vendor interface {
	origin() string // the documented scheme and host; empty when every customer has another
	base() string   // the path in front of every call
	api() string    // the protected resource, below base
	route(c *call) (op string, handle func(*call) reply)
	failure(status int, code string) reply // what the vendor says along with an error status
}
