package secmgmt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

type subscriber struct {
	ID int `json:"id"`
}

func ExampleEnvelope() {
	body := `{"errorCode":"","errorMessage":"","content":[{"id":1},{"id":2}],"pageable":{"page":0,"size":2,"totalPages":3,"totalElements":6}}`
	var answer secmgmt.Envelope[struct {
		ID int `json:"id"`
	}]
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		fmt.Println(err)
	}
	if err := answer.Err(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(answer.Content), "of", answer.Pageable.TotalElements)
	// Output: 2 of 6
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	type envelope = secmgmt.Envelope[subscriber]
	one := []subscriber{{ID: 1}}
	for body, want := range map[string]envelope{
		`{"content":[{"id":1},{"id":2}]}`: {Content: []subscriber{{ID: 1}, {ID: 2}}},
		`{"content":{"id":1}}`:            {Content: one},
		`{"content":[]}`:                  {Content: []subscriber{}},
		`{"content":""}`:                  {},
		`{"content":null}`:                {},
		`{}`:                              {},
		`null`:                            {},
		`{"content":[{"id":1}],"pageable":{"page":1,"size":2,"totalPages":3,"totalElements":4}}`: {
			Content: one, Pageable: &secmgmt.Page{Page: 1, Size: 2, TotalPages: 3, TotalElements: 4}},
		`{"pageable":{}}`:           {Pageable: &secmgmt.Page{}},
		`{"pageable":""}`:           {},
		`{"pageable":null}`:         {},
		`{"pageable":{"page":"x"}}`: {},
		`{"errorCode":" A_1 "}`:     {ErrorCode: "A_1"},
		`{"errorCode":17}`:          {ErrorCode: "17"},
		`{"errorMessage":"a"}`:      {ErrorMessage: "a"},
		`{"errorCode":"A","errorMessageerrorMessage":"b","content":"x","pageable":"x"}`: {ErrorCode: "A", ErrorMessage: "b"},
		`{"errorCode":"A","content":[{"id":1},{"id":"x"}]}`:                             {ErrorCode: "A"},
		`{"errorCode":"A","content":[{"id":1},"x",{"id":2}]}`:                           {ErrorCode: "A"},
		`{"errorCode":"A","content":{"id":"x"}}`:                                        {ErrorCode: "A"},
		`{"errorCode":"A","content":[{"id":1}]}`:                                        {ErrorCode: "A", Content: one},
		`{"errorCode":"A","errorMessage":"a","errorMessageerrorMessage":"b"}`:           {ErrorCode: "A", ErrorMessage: "a"},
	} {
		got := envelope{ErrorCode: "left over", Content: one}
		require.NoError(t, json.Unmarshal([]byte(body), &got), body)
		if body == `null` {
			continue
		}
		assert.Equal(t, want, got, body)
	}
}

func TestEnvelopeOfTexts(t *testing.T) {
	t.Parallel()
	var got secmgmt.Envelope[string]
	require.NoError(t, json.Unmarshal([]byte(`{"content":"a"}`), &got))
	assert.Equal(t, []string{"a"}, got.Content)
}

func TestEnvelopeThatIsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `"x"`, `1`, `{"content":1}`, `{"content":"x"}`, `{"content":[1]}`, `{"content":[{"id":"x"}]}`} {
		got := secmgmt.Envelope[subscriber]{ErrorMessage: "kept"}
		assert.Error(t, json.Unmarshal([]byte(body), &got), body)
		assert.Equal(t, secmgmt.Envelope[subscriber]{ErrorMessage: "kept"}, got)
	}
}

func TestEnvelopeErr(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]error{
		"AUTH_1001":       vendorlogin.ErrInvalidCredentials,
		"AUTH_1002":       vendorlogin.ErrRefreshRejected,
		"GLOBAL_1001":     vendorlogin.ErrUnavailable,
		"SUBSCRIBER_1002": vendorlogin.ErrInvalidRequest,
	} {
		answer := secmgmt.Envelope[subscriber]{ErrorCode: code, ErrorMessage: " two\r\n\tlines\x00 " + strings.Repeat("ä", 300)}

		e := adaptertest.VendorError(t, answer.Err())

		assert.ErrorIs(t, e, kind)
		assert.Equal(t, "secmgmt", e.Account.Vendor)
		assert.Equal(t, code, e.Code)
		assert.True(t, strings.HasPrefix(e.Message, "two lines ä"), e.Message)
		assert.Len(t, []rune(e.Message), 256)
		assert.Equal(t, fmt.Sprintf("secmgmt: %v (%s)", kind, code), e.Error())
	}
	assert.NoError(t, (&secmgmt.Envelope[subscriber]{ErrorMessage: "no code, no failure"}).Err())
}
