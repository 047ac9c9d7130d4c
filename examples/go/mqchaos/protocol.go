// Package mqchaos is the worker's side of the line protocol of mqchaos (docs/workers.md).
package mqchaos

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Hello is the first line from mqchaos.
type Hello struct {
	Topic            string            `json:"topic"`
	Bootstrap        []string          `json:"bootstrap"`
	Connection       map[string]string `json:"connection"`
	Acks             string            `json:"acks"`
	Idempotent       bool              `json:"idempotent"`
	TimeoutMs        int               `json:"timeoutMs"`
	Group            string            `json:"group"`
	SessionTimeoutMs int               `json:"sessionTimeoutMs"`
	Commit           string            `json:"commit"`
}

// Send asks a producer for one message.
type Send struct {
	ID        int64  `json:"id"`
	Partition int32  `json:"partition"`
	Value     []byte `json:"value"`
}

// Message is one line to mqchaos.
type Message map[string]any

var (
	input  = bufio.NewReaderSize(os.Stdin, 1<<16)
	output sync.Mutex
)

// Read takes the next line from mqchaos; io.EOF when there will be no more.
func Read(into any) error {
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// Say tells mqchaos something: it has left this process when Say returns.
func Say(message Message) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

// Connect gives the options of a client. Secrets come in the environment, never in a line.
func Connect(hello Hello) ([]kgo.Opt, error) {
	options := []kgo.Opt{kgo.SeedBrokers(hello.Bootstrap...), kgo.ClientID(hello.Connection["client.id"])}
	if strings.HasSuffix(hello.Connection["security.protocol"], "SSL") {
		config, err := tlsConfig()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.DialTLSConfig(config))
	}
	user, password := os.Getenv("MQCHAOS_SASL_USERNAME"), os.Getenv("MQCHAOS_SASL_PASSWORD")
	switch hello.Connection["sasl.mechanism"] {
	case "PLAIN":
		options = append(options, kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()))
	case "SCRAM-SHA-256":
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))
	}
	return options, nil
}

func tlsConfig() (*tls.Config, error) {
	config := &tls.Config{ServerName: os.Getenv("MQCHAOS_TLS_SERVERNAME")}
	if ca := os.Getenv("MQCHAOS_TLS_CA"); ca != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("MQCHAOS_TLS_CA holds no certificate")
		}
	}
	if cert := os.Getenv("MQCHAOS_TLS_CERT"); cert != "" {
		pair, err := tls.X509KeyPair([]byte(cert), []byte(os.Getenv("MQCHAOS_TLS_KEY")))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
