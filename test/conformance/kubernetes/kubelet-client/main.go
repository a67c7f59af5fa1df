// kubelet-client: what kubectl does for exec, attach and port-forward, asked of a kubelet's own endpoints.
//
//	kubelet-client [-websocket] [-i] [-t] URL           exec, attach: its exit code is the command's
//	kubelet-client [-websocket] -port PORT URL          port-forward: prints the local port
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

var (
	websocket = flag.Bool("websocket", false, "a WebSocket instead of SPDY")
	input     = flag.Bool("i", false, "with standard input")
	terminal  = flag.Bool("t", false, "with a terminal of 80 by 24")
	port      = flag.String("port", "", "forward this port")
)

type size struct{ told bool }

func (s *size) Next() *remotecommand.TerminalSize {
	if s.told {
		return nil
	}
	s.told = true
	return &remotecommand.TerminalSize{Width: 80, Height: 24}
}

func main() {
	flag.Parse()
	err := run(flag.Arg(0))
	var code exec.CodeExitError
	if errors.As(err, &code) {
		os.Exit(code.Code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubelet-client:", err)
		os.Exit(125)
	}
}

func run(place string) error {
	where, err := url.Parse(place)
	if err != nil {
		return err
	}
	config := &rest.Config{Host: where.Host, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	if *port != "" {
		return forward(config, where)
	}
	return stream(config, where)
}

func stream(config *rest.Config, where *url.URL) error {
	executor, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, where)
	if *websocket {
		executor, err = remotecommand.NewWebSocketExecutor(config, http.MethodGet, where.String())
	}
	if err != nil {
		return err
	}
	options := remotecommand.StreamOptions{Stdout: os.Stdout, Stderr: os.Stderr, Tty: *terminal}
	if *input {
		options.Stdin = os.Stdin
	}
	if *terminal {
		options.Stderr = nil
		options.TerminalSizeQueue = &size{}
	}
	return executor.StreamWithContext(context.Background(), options)
}

func dialer(config *rest.Config, where *url.URL) (httpstream.Dialer, error) {
	if *websocket {
		return portforward.NewSPDYOverWebsocketDialer(where, config)
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	return spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, where), err
}

func forward(config *rest.Config, where *url.URL) error {
	dial, err := dialer(config, where)
	if err != nil {
		return err
	}
	forwarder, err := portforward.New(dial, []string{":" + *port}, nil, make(chan struct{}), os.Stdout, os.Stderr)
	if err != nil {
		return err
	}
	return forwarder.ForwardPorts()
}
