package loginspec

import "time"

// A Spec describes how the accounts of one vendor log in. It is data: [New] makes an authenticator of it. Neither it nor what it
// points to may be changed after that.
//
// Values stand in it as ${name}, and there are no expressions. A name is an input, something that an earlier step kept, a value that make
// or Config.Made computes, or the word code, which is the one-time password. "$${" is a literal "${". Names begin with a letter or "_" and
// go on with letters, digits, "_" and "-".
type Spec struct {
	// Name is the vendor's name, which errors and logs show: Account.Vendor.
	Name string `json:"name"`

	// User is the name of the input that says who logs in: Account.Principal. It is never a secret one. Without it the account has
	// no name, and a Client with a Store does not take it.
	User string `json:"user"`

	// Base is the URL of the vendor's API: Account.Endpoint, and where the token may go. It may be something that a step keeps.
	// Default: the origin of the first login step.
	Base string `json:"base"`

	// Hosts lists the hosts that a URL from a response may have, such as "*.vendor.example". Hosts that this description or the
	// configuration names are allowed without it.
	Hosts []string `json:"hosts"`

	// Inputs is what differs between accounts.
	Inputs []Input `json:"inputs"`

	// Make is the computed values that requests use, by name. They are computed once per login, and anew for each API request. A value that
	// is made of a code, of a kept value or of a step's made value is computed again when that one changes.
	Make map[string]Make `json:"make"`

	// Login is the requests that exchange the credentials for a token, in their order. One of them keeps access.
	Login []Step `json:"login"`

	// Refresh is the requests that renew a token without the password. It may use access, refresh, and what Login kept. A vendor without
	// refresh tokens may renew by access: then nothing keeps refresh. If the last step has no keep, it keeps what Login keeps. Where the
	// response has no new refresh token, the old one stays.
	Refresh []Step `json:"refresh"`

	// Logout is the requests that end a session. It may use what Refresh may use.
	Logout []Step `json:"logout"`

	// Errors is what failures mean, for every step, after the step's own errors.
	Errors []Rule `json:"errors"`

	// Life is the documented lifetime of the access token, such as "1h" or "30d". It counts where nothing else says it: neither expires, nor
	// Max-Age or Expires of a cookie that is kept as access, nor the exp of a JWT. Without any of these the token is renewed after an hour,
	// and does not expire by age.
	Life time.Duration `json:"life"`

	// RefreshLife is the documented lifetime of the refresh token, likewise.
	RefreshLife time.Duration `json:"refresh_life"`

	// Use is how API requests carry the token. Default: the header "Authorization: Bearer ${access}".
	Use *Use `json:"use"`

	// Rejected is which API responses, beyond status 401, mean that the token is not valid any more: one condition or a list. The body of a
	// 2xx is looked at only where its length is known and at most 64 KiB, or where it is JSON, XML or HTML that net/http has decompressed.
	Rejected []Condition `json:"rejected"`

	lines map[string]int // where Read found each key
	wrong string         // what is wrong with the ClientAuth of the OAuth2 that it was made of
}

// An Input is one value that the user configures: in Config.Values, or in Config.Secrets if it is secret.
type Input struct {
	// Name is what ${name} stands for.
	Name string `json:"name"`

	// Secret marks what nobody may see. It is read once per login, and for each API request if the key use refers to it.
	Secret bool `json:"secret"`

	// URL says that it is an https URL without query. http is allowed only to loopback, or with Config.AllowPlainHTTP.
	URL bool `json:"url"`

	// Host says that it is the name of a host, with or without a port.
	Host bool `json:"host"`

	// Number says that it is a number. A JSON value that is exactly ${name} is then a number, not a string.
	Number bool `json:"number"`

	// Bool says that it is true or false. A JSON value that is exactly ${name} is then one, not a string.
	Bool bool `json:"bool"`

	// Optional says that it may be left out. A field, header or parameter that uses it is left out then.
	Optional bool `json:"optional"`

	// Default is used where it is left out. An empty default is none, and an empty value in Config.Values counts as left out: to send an
	// empty value, write "" in the request in place of ${name}. A secret has none.
	Default string `json:"default" scalar:"true"`

	// Once says that the vendor takes this secret once, such as a recovery code. It is not sent again for 30 days, and no login that may
	// want it is begun.
	Once bool `json:"once"`
}

// A Step is one request and what is read of its response. It has at most one of json, form and xml.
type Step struct {
	// URL begins with https:// or with ${name} of a URL. A query in it is the same as query. A URL that a response gave may be
	// relative to the request it came from.
	URL string `json:"url"`

	// Method is GET, POST, PUT, PATCH or DELETE. Default: POST with a body, GET without.
	Method string `json:"method"`

	// Only is a name, such as that of something kept: the step runs only if it has a value other than empty, false and 0.
	Only string `json:"only"`

	// Unless is a name: the step does not run if it has such a value.
	Unless string `json:"unless"`

	// Code says that the request carries ${code}, a one-time password, and how that reaches the user: "totp", "email", "sms". In
	// any step but the first, a person is asked up to three times.
	Code string `json:"code"`

	// WhenConfigured asks for the code only if Config.OTP is set. "code: when_configured" is short for "code: totp" and
	// "when_configured: true".
	WhenConfigured bool `json:"when_configured"`

	// Resend is the request that has the code sent again.
	Resend *Step `json:"resend"`

	// Query, Header, Form and Cookies go into the request by name. Form is a body.
	Query   map[string]string `json:"query"`
	Header  map[string]string `json:"header"`
	Cookies map[string]string `json:"cookies"`
	Form    map[string]string `json:"form"`

	// Basic is an Authorization header of a user and a password.
	Basic *Basic `json:"basic"`

	// JSON is a body of any shape.
	JSON any `json:"json"`

	// XML is a body: elements by name. "@name" is an attribute, "#text" the text beside attributes, a list repeats its element.
	XML XML `json:"xml"`

	// Make is what is computed for this request, by name.
	Make map[string]Make `json:"make"`

	// Status lists the statuses that mean success. Default: 200 to 299. A redirect that is listed is read, never followed. A 4xx other than
	// 429 may be listed, for a request whose error response has what the next one needs, such as a CSRF token. 401 may be if the step keeps
	// something without maybe, such as a challenge, or something that the only of another step of the same operation names: a 401 that
	// lacks it, or has false or null there, means what every 401 does.
	Status []int `json:"status"`

	// Keep is what later steps, the token and API requests need of the response, by name. access, refresh, type, expires,
	// refresh_expires and subject are the Token's fields. An access or refresh that is true, false, null, 0 or -1 is missing. Of the
	// others, public ones are in Token.Extra. Secret ones are in Token.Secrets if API requests, refresh, logout or base use them.
	Keep map[string]Source `json:"keep"`

	// Errors is what failures of this step mean.
	Errors []Rule `json:"errors"`
}

// Basic is a user and a password for HTTP's Basic authentication.
type Basic struct {
	// User and Password are texts with names in them, such as ${username}.
	User     string `json:"user"`
	Password string `json:"password"`

	// Encoded percent-encodes both first, as RFC 6749 wants.
	Encoded bool `json:"encoded"`
}

// XML is a body, in a file as Step.XML says, such as {"Login": {"@version": "1", "User": "${user}"}}. In Go it is a list of elements.
type XML []Element

// An Element is, in Go, an XML element with either text or content, or an attribute if its name begins with "@".
type Element struct {
	// Name is an element, "@name" an attribute, "#text" the text beside attributes.
	Name string

	// Text is what stands in it, with names in it.
	Text string

	// Content is the elements and attributes in it.
	Content XML
}

// A Source is one place in a response. It has exactly one of json, xml, header, cookie, cookies and text.
type Source struct {
	// JSON is a path such as "data.0.token", or 0 for the first of a list; "\." is a dot in a name.
	JSON string `json:"json" scalar:"true"`

	// XML is a path such as "Response.Session.@id", beginning with the root element or with a child of it. Prefixes of names do not count.
	XML string `json:"xml"`

	// Header and Cookie are names. If a header comes several times, the first value is taken that is not empty; with match, the first that
	// the expression fits. Quotes around the value of a cookie are no part of it; cookies leaves them.
	Header string `json:"header"`
	Cookie string `json:"cookie"`

	// Cookies lists names of cookies. They are kept together, as the value of a Cookie header: a=1; b=2. As access they end with the first
	// of them that has a Max-Age or Expires: leave out those of a load balancer.
	Cookies []string `json:"cookies"`

	// Text is the whole body, without surrounding blanks. Of a body that is a JSON string, it is that string without its quotes
	// and escapes.
	Text bool `json:"text"`

	// Unescape undoes percent escapes, such as "%3D" for "=". Some vendors want the value of a cookie back in a header without them.
	Unescape bool `json:"unescape"`

	// Match is a regular expression with one group, which is what is kept. In HTML, entities are undone.
	Match string `json:"match"`

	// As is the form of a time, where it must be said: ms, seconds, minutes, hours, days, unix, unix_ms, unix_us, d:h:m, h:m:s, rfc3339,
	// http_date, or a layout of Go's package time. Without it a number is in seconds, or from 1e9 on Unix time, and 1:2:30 is d:h:m. A time
	// is not known if its zone is an abbreviation other than UTC and GMT.
	As string `json:"as"`

	// Maybe says that it may be missing. In a login it is empty then, also where an earlier step had kept it; in a refresh the old value
	// stays. Without maybe a response that lacks it is ErrBadResponse; in the last step of a refresh only access must be there.
	Maybe bool `json:"maybe"`

	// Public says that what is kept is no secret. access and refresh are secret in any case: public is a mistake there.
	Public bool `json:"public"`
}

// A Rule says what a failure means. The first rule that matches counts. Where none does, OAuth's error words count if the request has a
// grant_type, and then the status.
type Rule struct {
	Condition

	// Kind is credentials, forbidden, otp_required, otp_rejected, rate_limited, refresh_rejected, invalid_request or unavailable. credentials
	// means at a refresh that the refresh token was rejected; at a logout, that the session has ended already, which is no failure.
	Kind string `json:"kind"`

	// Code and Message are where the vendor's own words are.
	Code    *Source `json:"code"`
	Message *Source `json:"message"`

	// RetryAt is where the response says when to try again: in seconds, or a time.
	RetryAt *Source `json:"retry_at"`
}

// A Condition holds for a response if its status is listed, and if what is found at a place is what Is, Not and Match say. With At
// alone something has to be there that is not null, false or empty; an element of XML with others in it is there.
type Condition struct {
	// Status lists statuses. Default: any.
	Status []int `json:"status"`

	// At is a place in the response.
	At *Source `json:"at"`

	// Is and Not are one text or a list of texts, compared without regard to case.
	Is  []string `json:"is" scalar:"true"`
	Not []string `json:"not" scalar:"true"`

	// Match is a regular expression.
	Match string `json:"match"`
}

// Use is what API requests carry, by name.
type Use struct {
	// Header, Query and Cookies are set in place of what the request has under the same name.
	Header  map[string]string `json:"header"`
	Query   map[string]string `json:"query"`
	Cookies map[string]string `json:"cookies"`

	// Body adds fields to a JSON or form body of at most 1 MiB, and makes one where the request has none and its method
	// allows a body.
	Body map[string]string `json:"body"`
}

// Make is one computed value. It has exactly one of base64, sha256, uuid, random, time and jwt.
type Make struct {
	// Base64 and SHA256 are of a text.
	Base64 string `json:"base64"`
	SHA256 string `json:"sha256"`

	// UUID is a random one, version 4.
	UUID bool `json:"uuid"`

	// Random is that many random bytes.
	Random int `json:"random"`

	// Time is now: unix, unix_ms, rfc3339, http_date, or a layout of Go's package time, in UTC.
	Time string `json:"time"`

	// Offset is added to the time, such as "5m" or "-30s".
	Offset time.Duration `json:"offset"`

	// JWT is a signed token.
	JWT *JWT `json:"jwt"`

	// As is how the value is written. For sha256 and random: hex (default) or base64. For base64: empty (the standard alphabet) or url (the
	// URL alphabet, without padding).
	As string `json:"as"`
}

// JWT is a JSON Web Token signed with a key. Its iat is now and its exp is now plus life, where claims does not say them.
type JWT struct {
	// Alg is RS256, ES256, HS256 or EdDSA; or RS384, RS512, PS256, ES384, ES512, HS384, HS512.
	Alg string `json:"alg"`

	// Key is the secret input that signs, as ${name} or name: a private key in PEM, or the secret of the HS algorithms.
	Key string `json:"key"`

	// Header is further header fields, such as kid.
	Header map[string]any `json:"header"`

	// Claims is the claims. iat, nbf and exp are numbers also where a made time stands in them.
	Claims map[string]any `json:"claims"`

	// Life is at most 24h. Default: 5m.
	Life time.Duration `json:"life"`
}
