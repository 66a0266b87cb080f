// Package clientpool keeps one [vendorlogin.Client] per account, for programs with thousands of accounts at a few vendors.
//
//	pool := clientpool.New(func(ctx context.Context, id string) (vendorlogin.Authenticator, error) {
//		customer, err := db.Customer(ctx, id)
//		if err != nil {
//			return nil, err
//		}
//		return gcore.New(gcore.Config{Username: customer.User, Password: customer.Password})
//	}, &clientpool.Options{Client: vendorlogin.Options{Store: store}})
//	defer pool.Shutdown(ctx)
//
//	client, err := pool.Client(ctx, "customer-42")
//	resp, err := client.HTTPClient().Get("https://api.gcore.com/iam/clients/me")
//
// A [Pool] makes a Client when it is first asked for, and may forget it when nobody has asked for it for an hour and nothing would be lost.
// The ids are the program's own. They keep tenants apart: a customer who types another customer's e-mail gets no token of his.
//
// An [EndpointPacer] spreads the logins of many accounts at one endpoint. 429s of several accounts hold the others back, and in an outage
// one account at a time tries. A Pool has one; Clients without a Pool take one as Options.Pacer.
package clientpool
