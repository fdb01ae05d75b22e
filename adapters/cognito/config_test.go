package cognito_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/fault"
)

func valid() cognito.Config {
	return cognito.Config{Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123", ClientIDs: []string{"app"}}
}

func TestNew_EveryBadFieldIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*cognito.Config)
		field  string
		reason string
	}{
		"no issuer":            {func(c *cognito.Config) { c.Issuer = "" }, "issuer", "required"},
		"issuer without host":  {func(c *cognito.Config) { c.Issuer = "https:///x" }, "issuer", "malformed-url"},
		"issuer is no URL":     {func(c *cognito.Config) { c.Issuer = "cognito" }, "issuer", "malformed-url"},
		"issuer with a user":   {func(c *cognito.Config) { c.Issuer = "https://a@example.com" }, "issuer", "malformed-url"},
		"issuer with a query":  {func(c *cognito.Config) { c.Issuer = "https://example.com?" }, "issuer", "malformed-url"},
		"issuer with a #":      {func(c *cognito.Config) { c.Issuer = "https://example.com#" }, "issuer", "malformed-url"},
		"issuer with a break":  {func(c *cognito.Config) { c.Issuer = "https://example.com\n" }, "issuer", "malformed-url"},
		"issuer over http":     {func(c *cognito.Config) { c.Issuer = "http://example.com" }, "issuer", "insecure-url"},
		"issuer like loopback": {func(c *cognito.Config) { c.Issuer = "http://localhost.example.com" }, "issuer", "insecure-url"},
		"issuer like 127":      {func(c *cognito.Config) { c.Issuer = "http://127.0.0.1.example.com" }, "issuer", "insecure-url"},
		"issuer in the net":    {func(c *cognito.Config) { c.Issuer = "http://10.0.0.1" }, "issuer", "insecure-url"},
		"issuer over ftp":      {func(c *cognito.Config) { c.Issuer = "ftp://example.com" }, "issuer", "insecure-url"},
		"key set over http":    {func(c *cognito.Config) { c.JWKSURL = "http://example.com/keys" }, "jwks_url", "insecure-url"},
		"key set in a file":    {func(c *cognito.Config) { c.JWKSURL = "file:///etc/keys" }, "jwks_url", "malformed-url"},
		"no client":            {func(c *cognito.Config) { c.ClientIDs = nil }, "client_ids", "required"},
		"an empty client":      {func(c *cognito.Config) { c.ClientIDs = []string{"app", ""} }, "client_ids", "required"},
		"unknown use":          {func(c *cognito.Config) { c.TokenUses = []cognito.Use{"refresh"} }, "token_uses", "unknown-use"},
		"mixed uses":           {func(c *cognito.Config) { c.TokenUses = []cognito.Use{cognito.ID, cognito.Plain} }, "token_uses", "mixed-uses"},
		"scope for both uses":  {func(c *cognito.Config) { c.RequiredScope = "a" }, "required_scope", "not-for-id-tokens"},
		"two scopes":           {func(c *cognito.Config) { c.RequiredScope, c.TokenUses = "a b", []cognito.Use{cognito.Access} }, "required_scope", "malformed-scope"},
		"leeway":               {func(c *cognito.Config) { c.Leeway = cognito.MaxLeeway + 1 }, "leeway", "out-of-range"},
		"negative leeway":      {func(c *cognito.Config) { c.Leeway = -2 }, "leeway", "out-of-range"},
		"cache too short":      {func(c *cognito.Config) { c.CacheFor = cognito.MinCacheFor - 1 }, "cache_for", "out-of-range"},
		"cache too long":       {func(c *cognito.Config) { c.CacheFor = cognito.MaxCacheFor + 1 }, "cache_for", "out-of-range"},
	} {
		t.Run(name, func(t *testing.T) {
			config := valid()
			row.change(&config)
			verifier, err := cognito.New(config)
			require.Nil(t, verifier)
			require.ErrorIs(t, err, fault.Invalid)
			require.Len(t, fault.Of(err).Fields, 1, "%v", err)
			require.Equal(t, row.field, fault.Of(err).Fields[0].Name)
			require.Equal(t, row.reason, fault.Of(err).Fields[0].Reason)
		})
	}
}

func TestNew_AllBadFieldsAtOnce(t *testing.T) {
	_, err := cognito.New(cognito.Config{Leeway: time.Hour})
	require.Len(t, fault.Of(err).Fields, 3)
}

func TestNew_WhatIsAllowed(t *testing.T) {
	for name, change := range map[string]func(*cognito.Config){
		"as it is":            func(*cognito.Config) {},
		"localhost over http": func(c *cognito.Config) { c.Issuer = "http://localhost:9229/local_1" },
		"v4 loopback":         func(c *cognito.Config) { c.Issuer = "http://127.8.9.1:1/x" },
		"v6 loopback":         func(c *cognito.Config) { c.Issuer = "http://[::1]:1/x" },
		"mapped loopback":     func(c *cognito.Config) { c.Issuer = "http://[::ffff:127.0.0.1]/x" },
		"key set elsewhere":   func(c *cognito.Config) { c.JWKSURL = "https://keys.example.com/v1?app=1" },
		"longest leeway":      func(c *cognito.Config) { c.Leeway = cognito.MaxLeeway },
		"scope":               func(c *cognito.Config) { c.RequiredScope, c.TokenUses = "a", []cognito.Use{cognito.Access} },
		"shortest cache":      func(c *cognito.Config) { c.CacheFor = cognito.MinCacheFor },
		"longest cache":       func(c *cognito.Config) { c.CacheFor = cognito.MaxCacheFor },
	} {
		config := valid()
		change(&config)
		_, err := cognito.New(config)
		require.NoError(t, err, name)
	}
}

func TestPoolIssuer_OnlyPoolIDs(t *testing.T) {
	for id, want := range map[string]string{
		"eu-west-1_AbCdEf123":    "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
		"us-gov-west-1_x":        "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_x",
		"ap-southeast-12_000000": "https://cognito-idp.ap-southeast-12.amazonaws.com/ap-southeast-12_000000",
	} {
		got, err := cognito.PoolIssuer(id)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, id := range []string{
		"", "_", "eu-west-1", "eu-west-1_", "_abc", "eu-west_abc", "eu-1_abc", "eu-west-1_a_b", "eu-west-1_a/b", "eu-west-1_a.b", "evil.com/eu-west-1_abc", "evil.com#-west-1_abc", "eu-west-1_abc\n",
		"EU-west-1_abc", "eu-west-123_abc", "eu--1_abc", "-eu-west-1_abc", "eu-west-1 _abc", "eu-west-1_äbc", "eu-west-1@evil.com_abc", "eu-west-1_0123456789012345678901234567890123456789012345678901234",
	} {
		_, err := cognito.PoolIssuer(id)
		require.ErrorIs(t, err, fault.Invalid, id)
		require.True(t, fault.HasReason(err, "malformed-pool-id"), id)
	}
}
