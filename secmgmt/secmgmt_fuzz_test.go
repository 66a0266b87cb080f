package secmgmt_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

func FuzzAnswers(f *testing.F) {
	f.Add(200, answer(`[{"token":"a.eyJleHAiOjF9.c","refreshToken":"r","validityTime":"60"}]`))
	adaptertest.EachFile(f, func(body string) { f.Add(200, body); f.Add(400, body); f.Add(500, body) })
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		w := adaptertest.NewWire()
		w.On("POST", tokenURL, adaptertest.Reply(status, body))
		w.On("PUT", tokenURL, adaptertest.Reply(status, body))
		a := authenticator(t, config(w))
		token, err := a.Login(t.Context())
		adaptertest.AssertDecided(t, password, token, err)
		if status >= 300 {
			require.Error(t, err)
		}
		token, err = a.Refresh(t.Context(), oldToken())
		adaptertest.AssertDecided(t, password, token, err)
	})
}

func FuzzEnvelope(f *testing.F) {
	adaptertest.EachFile(f, func(body string) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body string) {
		var answer secmgmt.Envelope[map[string]any]
		if json.Unmarshal([]byte(body), &answer) != nil {
			return
		}
		assert.Equal(t, answer.ErrorCode == "", answer.Err() == nil)
	})
}
