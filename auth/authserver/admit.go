package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Everyone admits every user whom the provider signs in, with all scopes that are asked
// for. It is meant for a provider of one organization, or one user.
func Everyone(_ context.Context, _ Identity, asked []string) ([]string, error) { return asked, nil }

// MatchClaims returns a [Config.Admit] for users with one of several claims, each
// "NAME=VALUE", such as "hd=example.com" or "email=alice@example.com"; they get all scopes that
// they ask for. A claim that is a list needs to have the value among others. An email address counts
// only if the provider says that it was verified. "*" is [Everyone].
func MatchClaims(rules []string) (func(context.Context, Identity, []string) ([]string, error), error) {
	if len(rules) == 0 {
		return nil, errors.New("no rules: nobody could log in")
	}
	for _, rule := range rules {
		if rule == "*" {
			return Everyone, nil
		}
		if name, value, ok := strings.Cut(rule, "="); !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%q is not NAME=VALUE, nor *", rule)
		}
	}
	return func(_ context.Context, user Identity, asked []string) ([]string, error) {
		for _, rule := range rules {
			if name, value, _ := strings.Cut(rule, "="); user.has(name, value) {
				return asked, nil
			}
		}
		return nil, errors.New("no rule admits the user")
	}, nil
}

// has reports whether a claim has a value, or has it among others.
func (i *Identity) has(name, value string) bool {
	switch name {
	case "sub":
		return i.Subject == value
	case "email":
		verified := string(i.Claims["email_verified"])
		return (verified == "true" || verified == `"true"`) && strings.EqualFold(text(i.Claims[name]), value)
	}
	var list []string
	if json.Unmarshal(i.Claims[name], &list) == nil {
		return slices.Contains(list, value)
	}
	return text(i.Claims[name]) == value
}
