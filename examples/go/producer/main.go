// A producer for mqchaos, with franz-go: it sends what it is told to, and says what became of each message.
//
//	go build -o producer ./producer && mqchaos worker check --role producer -- ./producer
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/mqchaos-workers/mqchaos"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ending, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var hello mqchaos.Hello
	if err := mqchaos.Read(&hello); err != nil {
		log.Fatal(err)
	}
	client, err := open(hello)
	if err != nil {
		log.Fatal(err)
	}
	mqchaos.Say(mqchaos.Message{"type": "ready", "protocol": 1, "client": "franz-go"})

	sends := make(chan mqchaos.Send)
	go func() {
		defer close(sends)
		for {
			var send mqchaos.Send
			if mqchaos.Read(&send) != nil {
				return // mqchaos is gone
			}
			sends <- send
		}
	}()
	for {
		select {
		case send, more := <-sends:
			if !more {
				os.Exit(1)
			}
			produce(client, hello.Topic, send)
		case <-ending.Done():
			// answers everything that was taken, within the timeout of each record
			if err := client.Flush(context.Background()); err != nil {
				log.Fatal(err)
			}
			return
		}
	}
}

func open(hello mqchaos.Hello) (*kgo.Client, error) {
	options, err := mqchaos.Connect(hello)
	if err != nil {
		return nil, err
	}
	acks := kgo.AllISRAcks()
	if hello.Acks == "one" {
		acks = kgo.LeaderAck()
	}
	options = append(options,
		kgo.RequiredAcks(acks),
		kgo.ProducerBatchCompression(kgo.NoCompression()), // as hello asks for: mqchaos reads the log itself
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(time.Duration(hello.TimeoutMs)*time.Millisecond),
	)
	if !hello.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	return kgo.NewClient(options...)
}

func produce(client *kgo.Client, topic string, send mqchaos.Send) {
	record := &kgo.Record{Topic: topic, Partition: send.Partition, Value: send.Value}
	client.Produce(context.Background(), record, func(record *kgo.Record, err error) {
		switch {
		case err == nil:
			mqchaos.Say(mqchaos.Message{
				"type": "acked", "id": send.ID, "partition": record.Partition, "position": record.Offset,
			})
		case errors.Is(err, kerr.MessageTooLarge):
			// this alone says for certain that the message is not stored; of all others nobody knows
			mqchaos.Say(mqchaos.Message{"type": "rejected", "id": send.ID, "reason": "message-too-large"})
		default:
			mqchaos.Say(mqchaos.Message{"type": "unknown", "id": send.ID, "reason": reason(err)})
		}
	})
}

// A short stable name: mqchaos counts by it.
func reason(err error) string {
	var broker *kerr.Error
	switch {
	case errors.As(err, &broker):
		return broker.Message
	case errors.Is(err, kgo.ErrRecordTimeout):
		return "record-timeout"
	default:
		return "client-error"
	}
}
