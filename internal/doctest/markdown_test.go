package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// documents are the Markdown files of the module, by their path from its root.
func documents(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.md", "*/*.md", "*/*/*.md"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, m := range matches {
			name, err := filepath.Rel(root, m)
			require.NoError(t, err)
			if !strings.Contains(name, "testdata") {
				names = append(names, filepath.ToSlash(name))
			}
		}
	}
	require.Contains(t, names, "README.md")
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(data)
}

// A block is a fenced block of a document.
type block struct {
	language, text string
	line           int // of its first line of text
}

var fence = regexp.MustCompile("(?ms)^([ \t]*)```([^`\n]*)\n(.*?)^[ \t]*```[ \t]*$")

func blocks(text string) []block {
	var found []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		found = append(found, block{
			language: strings.TrimSpace(text[m[4]:m[5]]),
			text:     text[m[6]:m[7]],
			line:     strings.Count(text[:m[6]], "\n") + 1,
		})
	}
	return found
}

// prose is the text without its fenced blocks.
func prose(text string) string { return fence.ReplaceAllString(text, "") }

func TestBlocks(t *testing.T) {
	t.Parallel()
	got := blocks("a\n```go\nx := 1\n```\nb\n\n```\nplain\n```\n")
	require.Equal(t, []block{{"go", "x := 1\n", 3}, {"", "plain\n", 8}}, got)
}
