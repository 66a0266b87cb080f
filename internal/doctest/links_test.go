package doctest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	link        = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	punctuation = regexp.MustCompile("[`.,?:;()/']")
	heading     = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

// TestLinks follows the links from document to document; the network is not asked.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, name := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, name)), -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file := name
			if target != "" {
				file = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(root, file)); !assert.NoError(t, err, "%s links to %s", name, m[1]) {
				continue
			}
			if fragment != "" {
				assert.Contains(t, anchors(read(t, file)), fragment, "%s links to %s", name, m[1])
			}
		}
	}
}

// anchors are the fragments by which the headings of a document are linked to.
func anchors(text string) []string {
	var found []string
	for _, m := range heading.FindAllStringSubmatch(prose(text), -1) {
		words := punctuation.ReplaceAllString(strings.ToLower(m[1]), "")
		found = append(found, strings.ReplaceAll(words, " ", "-"))
	}
	return found
}
