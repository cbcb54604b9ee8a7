package auth_test

import (
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

// The root credential is made once, stays the same, and gives way to a configured one without being forgotten.
func TestLoadRoot(t *testing.T) {
	db := memkv.New(clock.New())
	defer db.Close()
	first, made, err := auth.LoadRoot(t.Context(), db, auth.Credential{})
	if err != nil || !made {
		t.Fatalf("LoadRoot = %+v, %t, %v", first, made, err)
	}
	if len(first.AccessKey) != 20 || !strings.HasPrefix(first.AccessKey, "AKIA") || len(first.Secret) != 40 {
		t.Errorf("access key %q, secret of %d characters", first.AccessKey, len(first.Secret))
	}
	if first.Principal != "arn:aws:iam::000000000000:root" || first.Account != "000000000000" {
		t.Errorf("got %+v", first)
	}
	again, made, err := auth.LoadRoot(t.Context(), db, auth.Credential{})
	if err != nil || made || again != first {
		t.Errorf("LoadRoot again = %+v, %t, %v; want %+v", again, made, err, first)
	}
	given, made, err := auth.LoadRoot(t.Context(), db, auth.Credential{AccessKey: "mine", Secret: "too", Account: "123456789012"})
	if err != nil || made || given.AccessKey != "mine" || given.Principal != "arn:aws:iam::123456789012:root" {
		t.Errorf("LoadRoot with a configured one = %+v, %t, %v", given, made, err)
	}
	other, made, err := auth.LoadRoot(t.Context(), db, auth.Credential{Account: "123456789012"})
	if err != nil || !made || other.AccessKey == first.AccessKey {
		t.Errorf("LoadRoot of another account = %+v, %t, %v", other, made, err)
	}
	for _, bad := range []auth.Credential{{AccessKey: "only"}, {Secret: "only"}, {Account: "12"}} {
		if _, _, err := auth.LoadRoot(t.Context(), db, bad); err == nil {
			t.Errorf("LoadRoot(%+v): no error", bad)
		}
	}
}

// A row of another version is refused, not overwritten.
func TestLoadRootVersion(t *testing.T) {
	db := memkv.New(clock.New())
	defer db.Close()
	key := kv.K(kv.TableCredential).Str("000000000000").Str("root")
	for _, row := range []string{`{"v":2}`, `nonsense`} {
		if err := db.Update(t.Context(), func(tx kv.Tx) error {
			tx.Set(key, []byte(row))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := auth.LoadRoot(t.Context(), db, auth.Credential{}); err == nil {
			t.Errorf("row %s: no error", row)
		}
	}
}

// An access key id holds its account.
func TestNewAccessKeyID(t *testing.T) {
	a, _ := newAuth(auth.Local)
	seen := map[string]bool{}
	for _, account := range []string{"000000000000", "000000000001", "123456789012", "999999999999", "029608264753"} {
		for range 20 {
			id, err := auth.NewAccessKeyID("LSIA", account)
			if err != nil || len(id) != 20 || seen[id] {
				t.Fatalf("NewAccessKeyID = %q, %v", id, err)
			}
			seen[id] = true
			var info call.Info
			if err := a.Authenticate(t.Context(), signed(t, id, "x", "sqs"), &info); err != nil || info.Account != account {
				t.Errorf("%s is of account %s, %v; want %s", id, info.Account, err, account)
			}
		}
	}
	if _, err := auth.NewAccessKeyID("ASIA", "12"); err == nil {
		t.Error("an account of two digits: no error")
	}
}

func TestMode(t *testing.T) {
	for _, mode := range []auth.Mode{auth.Local, auth.Audit, auth.Enforce} {
		got, err := auth.ParseMode(mode.String())
		if err != nil || got != mode {
			t.Errorf("ParseMode(%v) = %v, %v", mode, got, err)
		}
		text, err := mode.MarshalText()
		if err != nil || got.UnmarshalText(text) != nil || got != mode {
			t.Errorf("%v as text = %q, %v", mode, text, err)
		}
	}
	if mode, err := auth.ParseMode(""); err != nil || mode != auth.Local {
		t.Errorf("ParseMode of nothing = %v, %v", mode, err)
	}
	if _, err := auth.ParseMode("off"); err == nil {
		t.Error("ParseMode(off): no error")
	}
}

// Only enforce may listen where others can connect.
func TestCheckListen(t *testing.T) {
	for _, test := range []struct {
		mode auth.Mode
		addr string
		ok   bool
	}{
		{auth.Local, "127.0.0.1:4566", true},
		{auth.Local, "127.8.9.1:0", true},
		{auth.Local, "[::1]:4566", true},
		{auth.Local, "[::ffff:127.0.0.1]:4566", true},
		{auth.Local, "localhost:4566", true},
		{auth.Local, ":4566", false},
		{auth.Local, "0.0.0.0:4566", false},
		{auth.Local, "[::]:4566", false},
		{auth.Local, "192.168.1.2:4566", false},
		{auth.Local, "localhost.example.com:4566", false},
		{auth.Local, "4566", false},
		{auth.Audit, "0.0.0.0:4566", false},
		{auth.Audit, "127.0.0.1:4566", true},
		{auth.Enforce, "0.0.0.0:4566", true},
	} {
		err := auth.CheckListen(test.mode, test.addr)
		if (err == nil) != test.ok {
			t.Errorf("CheckListen(%v, %q) = %v, want ok %t", test.mode, test.addr, err, test.ok)
		}
	}
	err := auth.CheckListen(auth.Local, ":4566")
	if err == nil || !strings.Contains(err.Error(), "--auth enforce") || !strings.Contains(err.Error(), "all interfaces") {
		t.Errorf("CheckListen = %v; want it to say what to do", err)
	}
}
