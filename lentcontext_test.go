package mcpmount

import (
	"context"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// Messages of a session can come while the request that opened it is still being handled: they
// must not have the values of that.
func TestLentContext(t *testing.T) {
	type userKey struct{}
	token := tokenInfoKey()
	ctx := context.WithValue(t.Context(), userKey{}, "alice")
	ctx = context.WithValue(ctx, token, &auth.TokenInfo{UserID: "alice"})
	ctx = withCaller(ctx, caller{local: true})
	lent := lend(ctx, token)
	if user := lent.Value(userKey{}); user != nil {
		t.Errorf("a value of the app is lent: %v", user)
	}
	if info := auth.TokenInfoFromContext(lent); info == nil || info.UserID != "alice" {
		t.Errorf("TokenInfo = %v, which the SDK asks for", info)
	}
	if !callerFrom(lent).local {
		t.Error("the caller is not lent")
	}
	lent.takeBack()
	if info := auth.TokenInfoFromContext(lent); info != nil || callerFrom(lent).local || lent.Done() != nil {
		t.Error("something is lent that was taken back")
	}
}
