package auth

import "github.com/cumulet/cumulet/internal/kv"

// The rows of this package:
//
//	TableCredential/<account>/root -> credentialRow   the root user's access key, if we made it
//
// Users' access keys will lie beside it, by access key id.

// rootKey returns the key of an account's root credential.
func rootKey(account string) kv.Key { return kv.K(kv.TableCredential).Str(account).Str("root") }
