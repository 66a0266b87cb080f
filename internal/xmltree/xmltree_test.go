package xmltree_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/xmltree"
)

func TestFind(t *testing.T) {
	t.Parallel()
	tree, err := xmltree.Parse([]byte(`<?xml version="1.0"?><!-- x --><s:R xmlns:s="u" v="1"><a> one </a><a k="2">t<b/>wo</a></s:R>`))
	require.NoError(t, err)
	for path, want := range map[string]string{
		"R.a": "one", "R.a.1": "two", "R.a.1.@k": "2", "R.@v": "1", "s:R.a": "one", "a": "one", "a.1.@k": "2", "@v": "1",
		"R.c": "", "R.a.2": "", "R.a.@k": "", "R.a.x": "", "": "", "R.a.-1": "",
	} {
		assert.Equal(t, want, tree.Find(strings.Split(path, ".")), path)
	}
	assert.True(t, tree.Holds([]string{"R"}))
	assert.False(t, tree.Holds([]string{"R", "a"}))
	assert.Equal(t, []string{"R", "R.a", "R.a"}, tree.Names())
}

func TestParseRejects(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "text", "<a>", "<a></b>", "<a/><b/>", `<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`, `<?xml version="1.0" encoding="utf-16"?><a/>`,
		"<a>" + strings.Repeat("<b/>", 100_001) + "</a>",
	} {
		_, err := xmltree.Parse([]byte(text))
		assert.Error(t, err, text[:min(len(text), 40)])
	}
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	data, err := xmltree.Marshal(xmltree.Elements{{Name: "a:b", Content: xmltree.Elements{
		{Name: "@x", Text: `"<`}, {Name: "#text", Text: "]]>&"}, {Name: "c", Text: "</c>"},
	}}})
	require.NoError(t, err)
	assert.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<a:b x="&#34;&lt;">]]&gt;&amp;<c>&lt;/c&gt;</c></a:b>`, string(data))
	for _, bad := range []string{"\x00", "\xff", "\x1b", "\ufffe"} {
		_, err := xmltree.Marshal(xmltree.Elements{{Name: "a", Text: bad}})
		assert.Error(t, err, "%q", bad)
		_, err = xmltree.Marshal(xmltree.Elements{{Name: "a", Content: xmltree.Elements{{Name: "@b", Text: bad}}}})
		assert.Error(t, err, "%q", bad)
	}
}
