// Package auth decides who calls, and whether they may.
//
// Who calls is read from the request's credential (package sigv4) and looked up here. How much of it is believed
// depends on the Mode: local believes any credential that can be read, which is what a developer wants on a loopback
// address; audit says in the log what it would have refused; enforce verifies.
//
// The gateway uses it in this order, for each request:
//
//	sig, err := sigv4.Parse(r)                 // before routing, which needs the scope's service
//	err = auth.Authenticate(ctx, &req, &info)  // once the service is known: fills account, region and principal
//	body, err := auth.Body(req)                // S3's streams only: verifies hashes and chunk signatures as it is read
//	err = auth.Authorize(ctx, &info, action)
//
// An *Error that any of these returns says itself how each family of services words it: see its method Answer.
//
// Accounts are made by being used. In local mode a 12-digit access key id is the account, test is 000000000000, and
// other ids are looked up. In the other modes an id counts only if it is stored.
//
// Users, roles and their access keys will come from a Lookup beside the root credential, sessions (STS) from package
// session, and Authorize will evaluate policies (package policy). Until then there is one principal an account: its
// root user.
package auth
