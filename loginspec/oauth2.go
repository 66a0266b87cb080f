package loginspec

import (
	"cmp"
	"maps"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

// OAuth2 describes an OAuth 2 token endpoint. [OAuth2.Spec] makes a description of it, for [New] with these inputs:
//
//	client_credentials  client_id, client_secret
//	password            client_id, client_secret, username, password
//	refresh_token       client_id, client_secret, refresh_token
//	jwt_bearer          issuer, private_key; and with ClientAuth client_id, client_secret
//	a vendor's own      client_id, client_secret; further values are Fields
//
// With ClientAuth "private_key_jwt" private_key replaces client_secret. With "public" there is no client_secret.
//
// The inputs client_secret, password, refresh_token and private_key are secret ones. RFC 6749 §4.3, §4.4, §6; RFC 7523 §2.1.
type OAuth2 struct {
	Name     string // of the vendor
	TokenURL string // of the token endpoint
	API      string // URL of the API that takes the token; empty: the origin of TokenURL

	Grant string // client_credentials, password, refresh_token, jwt_bearer or a vendor's own; empty: client_credentials

	// ClientAuth is how the client says who it is: "basic" in the header, "body", "private_key_jwt", with the input private_key in
	// place of client_secret, or "public", without a secret. Empty: basic; for jwt_bearer, the client is not authenticated.
	ClientAuth string

	Scope, Audience, Resource string            // sent where they are set
	Fields                    map[string]string // further fields, such as an account id

	// Rotates says that the endpoint takes the configured refresh_token once. It is then not sent again for 30 days; the one that the
	// response brings is kept by the Client.
	Rotates bool

	// The assertion of jwt_bearer and private_key_jwt. Its iss is client_id for private_key_jwt, and issuer for jwt_bearer.
	//
	//   - Alg: empty means RS256.
	//   - Subject: sub. Empty: the same as iss.
	//   - KeyID: kid. Empty: none.
	//   - AssertionAudience: aud. Empty: TokenURL. For jwt_bearer with Audience set: Audience, which is then not sent as a field.
	//   - AssertionLife: 0 means 5 minutes.
	Alg, Subject, KeyID, AssertionAudience string
	AssertionLife                          time.Duration

	Life time.Duration // documented lifetime of the access token, where the response has no expires_in
}

// Spec is the description. Mistakes in o are found by New.
func (o OAuth2) Spec() *Spec {
	step := Step{URL: o.TokenURL, Method: "POST", Form: o.fields(), Make: map[string]Make{}, Keep: map[string]Source{
		"access":  {JSON: "access_token"},
		"expires": {JSON: "expires_in", Maybe: true},
	}}
	s := &Spec{Name: o.Name, Base: o.API, Life: o.Life}
	o.authenticate(s, &step)
	input := func(name string, secret bool) {
		s.Inputs = append(s.Inputs, Input{Name: name, Secret: secret, Once: name == "refresh_token" && o.Rotates})
	}
	grant := cmp.Or(o.Grant, "client_credentials")
	step.Form["grant_type"] = grant
	switch grant {
	case "password":
		s.User = "username"
		input("username", false)
		input("password", true)
		step.Form["username"], step.Form["password"] = "${username}", "${password}"
	case "refresh_token":
		input("refresh_token", true)
		step.Form["refresh_token"] = "${refresh_token}"
	case "jwt_bearer":
		s.User = "issuer"
		input("issuer", false)
		if o.ClientAuth != "private_key_jwt" { // with it, the client's key signs both
			input("private_key", true)
		}
		step.Form["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer"
		audience := cmp.Or(o.AssertionAudience, o.Audience, o.TokenURL)
		o.sign(&step, "assertion", "${issuer}", cmp.Or(o.Subject, "${issuer}"), audience)
	}
	if grant == "password" || grant == "refresh_token" {
		step.Keep["refresh"] = Source{JSON: "refresh_token", Maybe: true}
		step.Keep["refresh_expires"] = Source{JSON: "refresh_expires_in", Maybe: true}
		refresh := step
		refresh.Form = o.fields()
		refresh.Form["grant_type"], refresh.Form["refresh_token"] = "refresh_token", "${refresh}"
		o.authenticate(&Spec{}, &refresh)
		s.Refresh = []Step{refresh}
	}
	s.Login = []Step{step}
	return s
}

// fields are those that every request of a grant has.
func (o OAuth2) fields() map[string]string {
	fields := map[string]string{"scope": o.Scope, "audience": o.Audience, "resource": o.Resource}
	if o.Grant == "jwt_bearer" && o.AssertionAudience == "" {
		fields["audience"] = ""
	}
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
	maps.Copy(fields, o.Fields)
	return fields
}

// authenticate adds the client to a request, and its inputs to s.
func (o OAuth2) authenticate(s *Spec, step *Step) {
	if o.Grant == "jwt_bearer" && o.ClientAuth == "" {
		return
	}
	s.User = "client_id"
	s.Inputs = append(s.Inputs, Input{Name: "client_id"}, Input{Name: "client_secret", Secret: true})
	switch o.ClientAuth {
	case "", "basic":
		step.Basic = &Basic{User: "${client_id}", Password: "${client_secret}", Encoded: true}
	case "body":
		step.Form["client_secret"] = "${client_secret}"
	case "public":
		s.Inputs = s.Inputs[:1]
	case "private_key_jwt":
		s.Inputs[1].Name = "private_key"
		step.Form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
		subject := "${client_id}"
		if o.Grant != "jwt_bearer" {
			subject = cmp.Or(o.Subject, subject)
		}
		o.sign(step, "client_assertion", "${client_id}", subject, cmp.Or(o.AssertionAudience, o.TokenURL))
	default:
		s.wrong = "is unknown" + strictjson.Nearest(o.ClientAuth, []string{"basic", "body", "private_key_jwt", "public"})
	}
	if step.Basic == nil {
		step.Form["client_id"] = "${client_id}"
	}
}

// sign adds a signed assertion to a request, as a field.
func (o OAuth2) sign(step *Step, field, issuer, subject, audience string) {
	j := &JWT{Alg: cmp.Or(o.Alg, "RS256"), Key: "${private_key}", Life: o.AssertionLife, Claims: map[string]any{
		"iss": issuer, "sub": subject, "aud": audience, "jti": "${" + field + "_id}",
	}}
	if o.KeyID != "" {
		j.Header = map[string]any{"kid": o.KeyID}
	}
	step.Form[field] = "${" + field + "}"
	step.Make[field], step.Make[field+"_id"] = Make{JWT: j}, Make{UUID: true}
}
