package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// Credential is an access key, and whose it is.
type Credential struct {
	AccessKey    string    // 20 characters
	Secret       string    // 40 characters
	SessionToken string    // empty for long-term keys
	Account      string    // 12 digits
	Principal    string    // ARN, such as arn:aws:iam::000000000000:root
	UserID       string    // as GetCallerIdentity shows it: for the root user, the account
	Expires      time.Time // when a session ends; zero for long-term keys
}

// rootARN returns the ARN of an account's root user.
func rootARN(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":root"
}

// errHalfRoot says that one part of the root credential is missing.
var errHalfRoot = errors.New("the root credential needs both an access key id and a secret access key")

// LoadRoot returns the root credential, which is the only one until there are users. What the caller configured counts;
// it is not stored. Otherwise it is the stored one, or, the first time, a new one, made is true then, and the caller
// shows it once: nothing else ever prints it. The account is DefaultAccount unless configured.
func LoadRoot(ctx context.Context, db kv.Store, configured Credential) (root Credential, made bool, err error) {
	root = configured
	if root.Account == "" {
		root.Account = DefaultAccount
	}
	if !isAccount(root.Account) {
		return Credential{}, false, fmt.Errorf("account %q is not 12 digits", root.Account)
	}
	root.Principal, root.UserID = rootARN("aws", root.Account), root.Account
	if (root.AccessKey == "") != (root.Secret == "") {
		return Credential{}, false, errHalfRoot
	}
	if root.AccessKey != "" {
		return root, false, nil
	}
	fresh := root
	if fresh.AccessKey, err = NewAccessKeyID("AKIA", root.Account); err != nil {
		return Credential{}, false, err
	}
	if fresh.Secret, err = NewSecret(); err != nil {
		return Credential{}, false, err
	}
	err = db.Update(ctx, func(tx kv.Tx) error {
		made = false
		if value := tx.Get(rootKey(root.Account)); value != nil {
			row, err := decodeCredential(value)
			if err != nil {
				return err
			}
			root.AccessKey, root.Secret = row.AccessKey, row.Secret
			return nil
		}
		value, err := encodeCredential(credentialRow{Version: 1, AccessKey: fresh.AccessKey, Secret: fresh.Secret})
		if err != nil {
			return err
		}
		tx.Set(rootKey(root.Account), value)
		root, made = fresh, true
		return nil
	})
	if err != nil {
		return Credential{}, false, fmt.Errorf("load the root credential: %w", err)
	}
	return root, made, nil
}

// credentialRow is a stored credential.
type credentialRow struct {
	Version   int    `json:"v"`
	AccessKey string `json:"accessKey"`
	Secret    string `json:"secret"`
}

func encodeCredential(row credentialRow) ([]byte, error) { return json.Marshal(row) }

func decodeCredential(value []byte) (credentialRow, error) {
	var row credentialRow
	if err := json.Unmarshal(value, &row); err != nil {
		return row, fmt.Errorf("decode a credential: %w", err)
	}
	if row.Version != 1 {
		return row, fmt.Errorf("decode a credential: unknown version %d", row.Version)
	}
	return row, nil
}
