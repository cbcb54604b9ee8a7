// Package sigv4 reads and verifies the signatures of AWS requests: Signature Version 4 in headers, presigned URLs and
// POST forms, its asymmetric sibling SigV4a, and Signature Version 2 as S3 still takes it. It also signs, for tests and
// load generators.
//
// It is pure: no store, no clock, no log. A request goes through three steps, which its callers may stop after:
//
//	Parse   who claims to have signed, for which region and service. Cheap, and all that local mode needs.
//	Check   is the claim in time, for this service, and does it cover what it must. Needs no secret.
//	Verify  does the signature match. Needs the secret of the access key.
//
// AWS answers in this order too, so a stale request of an unknown key is told that it is stale.
//
// The canonical request is built from the request line as it was received, never from a decoded URL: paths are encoded
// twice for every service but S3, and the order and form of query parameters count. Where clients are known to
// canonicalize differently (Go's signer keeps double slashes that botocore removes; botocore signs a query as written)
// both readings are tried: each covers the same bytes, so this loses nothing.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4
