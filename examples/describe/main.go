// Command describe explains a description of a login: each request as it would be sent, with [redacted] for secrets, and what each
// failure will be taken for. With -login it logs in once, really.
//
//	go run ./examples/describe examples/describe/portal.yaml
//	PORTAL_USERNAME=ops@example.com PORTAL_PASSWORD=… go run ./examples/describe -login examples/describe/portal.yaml
//
// The values that a program makes in Config.Made are named with -made. With -login they are read from the environment.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, inLines(err))
		os.Exit(1)
	}
}

// inLines is the text of an error. Several mistakes in a description are a line each.
func inLines(err error) string {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if !ok || len(e.Fields) < 2 || e.Status != 0 {
		return err.Error()
	}
	var lines []string
	for _, f := range e.Fields {
		lines = append(lines, f.Field+" "+f.Reason)
	}
	return strings.Join(lines, "\n")
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("describe", flag.ContinueOnError)
	login := flags.Bool("login", false, "log in once, with values from the environment")
	made := flags.String("made", "", "names in Config.Made, with commas between them")
	plain := flags.Bool("plain-http", false, "allow http:// to hosts other than this one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: describe [-login] [-made NAMES] [-plain-http] FILE.yaml or FILE.json")
	}
	spec, err := read(flags.Arg(0))
	if err != nil {
		return err
	}
	config := configure(spec, in, out)
	config.AllowPlainHTTP = *plain
	for name := range strings.FieldsFuncSeq(*made, func(r rune) bool { return r == ',' }) {
		config.Made[name] = vendorlogin.SecretEnv(variable(spec, name))
	}
	if !*login {
		text, err := spec.Explain(config)
		if err != nil {
			return err
		}
		fmt.Fprint(out, text)
		listVariables(spec, config, out)
		return nil
	}
	if missing := missing(spec, config); len(missing) > 0 {
		return fmt.Errorf("not in the environment: %s", strings.Join(missing, ", "))
	}
	text, err := loginspec.Trace(ctx, spec, config)
	fmt.Fprint(out, text)
	return err
}

// read reads YAML, and JSON from a file that is named so.
func read(name string) (*loginspec.Spec, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if strings.HasSuffix(name, ".json") {
		return loginspec.Read(file)
	}
	return specyaml.Read(file)
}

// configure takes the inputs from the environment, and codes from whoever sits at the terminal.
func configure(spec *loginspec.Spec, in io.Reader, out io.Writer) loginspec.Config {
	config := loginspec.Config{
		Values:     map[string]string{},
		Secrets:    map[string]vendorlogin.SecretFunc{},
		Made:       map[string]vendorlogin.SecretFunc{},
		HTTPClient: &http.Client{Timeout: 30 * time.Second},
	}
	for _, input := range spec.Inputs {
		value, ok := os.LookupEnv(variable(spec, input.Name))
		switch {
		case !ok:
		case input.Secret:
			config.Secrets[input.Name] = vendorlogin.SecretEnv(variable(spec, input.Name))
		default:
			config.Values[input.Name] = value
		}
	}
	lines := bufio.NewReader(in)
	config.OTP = vendorlogin.OTPFunc(func(_ context.Context, c vendorlogin.Challenge) (string, error) {
		fmt.Fprintf(out, "code (%s): ", c.Method)
		line, err := lines.ReadString('\n')
		if err == io.EOF && line != "" {
			err = nil
		}
		return line, err
	})
	return config
}

var notInName = regexp.MustCompile(`[^A-Z0-9]+`)

// variable is the environment variable of an input, such as PORTAL_PASSWORD.
func variable(spec *loginspec.Spec, input string) string {
	return notInName.ReplaceAllString(strings.ToUpper(spec.Name+"_"+input), "_")
}

// missing lists the variables that a login needs and the environment lacks.
func missing(spec *loginspec.Spec, config loginspec.Config) (names []string) {
	for _, input := range spec.Inputs {
		given := config.Values[input.Name] != "" || config.Secrets[input.Name] != nil
		if !given && !input.Optional && input.Default == "" {
			names = append(names, variable(spec, input.Name))
		}
	}
	return names
}

func listVariables(spec *loginspec.Spec, config loginspec.Config, out io.Writer) {
	fmt.Fprintln(out, "\nfor -login set")
	for _, input := range spec.Inputs {
		note := ""
		switch {
		case input.Default != "":
			note = " (default " + input.Default + ")"
		case input.Optional:
			note = " (optional)"
		}
		fmt.Fprintf(out, "  %s%s\n", variable(spec, input.Name), note)
	}
	for _, name := range slices.Sorted(maps.Keys(config.Made)) {
		fmt.Fprintf(out, "  %s\n", variable(spec, name))
	}
}
