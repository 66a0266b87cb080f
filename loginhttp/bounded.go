package loginhttp

import (
	"context"
	"errors"
	"io"
)

// maxBody bounds a response's body, compressed and decompressed.
const maxBody = 1 << 20

// minBuffer is what is read into where the length is not known, or wrong.
const minBuffer = 4 << 10

var errTooLarge = errors.New("the body is larger than 1 MiB")

// readBounded reads r to its end. With the length known it allocates once; a negative one is not known.
func readBounded(ctx context.Context, r io.Reader, length int64) ([]byte, error) {
	size := int64(minBuffer)
	if length >= 0 {
		size = min(length, maxBody) + 1 // one more, to see the end
	}
	body := make([]byte, 0, size)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > maxBody:
			return nil, errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(max(2*cap(body), minBuffer), maxBody+1)), body...)
		}
	}
}
