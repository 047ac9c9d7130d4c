// A consumer for mqchaos, with franz-go. It commits once its messages are processed, or before, as it is told.
//
//	go build -o consumer ./consumer && mqchaos worker check --role consumer -- ./consumer
//
// An argument is how long processing one message takes, such as 2ms.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/mqchaos-workers/mqchaos"
	"github.com/twmb/franz-go/pkg/kgo"
)

const batch = 50

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
	defer client.CloseAllowingRebalance() // Close would wait for a rebalance that nobody allows any more
	mqchaos.Say(mqchaos.Message{"type": "ready", "protocol": 1, "client": "franz-go"})
	receipts := 0
	for {
		fetches := client.PollRecords(ending, batch)
		if ending.Err() != nil {
			return // nothing is in hand: what was polled before is processed and committed
		}
		records := fetches.Records()
		for number, record := range records {
			mqchaos.Say(mqchaos.Message{
				"type": "received", "id": receipts + number,
				"partition": record.Partition, "position": record.Offset, "value": record.Value,
			})
		}
		if hello.Commit == "before" {
			commit(client, records)
		}
		for number := range records {
			work()
			mqchaos.Say(mqchaos.Message{"type": "processed", "id": receipts + number})
		}
		if hello.Commit == "after" {
			commit(client, records)
		}
		receipts += len(records)
		client.AllowRebalance()
	}
}

func open(hello mqchaos.Hello) (*kgo.Client, error) {
	options, err := mqchaos.Connect(hello)
	if err != nil {
		return nil, err
	}
	session := time.Duration(hello.SessionTimeoutMs) * time.Millisecond
	return kgo.NewClient(append(options,
		kgo.ConsumerGroup(hello.Group),
		kgo.ConsumeTopics(hello.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(session),
		kgo.HeartbeatInterval(session/3),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // a partition does not go to another while its messages are processed
		kgo.OnPartitionsAssigned(telling("assigned")),
		kgo.OnPartitionsRevoked(telling("revoked")),
		kgo.OnPartitionsLost(telling("revoked")),
	)...)
}

func telling(kind string) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, _ *kgo.Client, topics map[string][]int32) {
		partitions := []int32{}
		for _, each := range topics {
			partitions = append(partitions, each...)
		}
		mqchaos.Say(mqchaos.Message{"type": kind, "partitions": partitions})
	}
}

// What your application does with a message.
func work() {
	if len(os.Args) < 2 {
		return
	}
	duration, err := time.ParseDuration(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	time.Sleep(duration)
}

func commit(client *kgo.Client, records []*kgo.Record) {
	if len(records) == 0 {
		return
	}
	if err := client.CommitRecords(context.Background(), records...); err != nil {
		log.Print("not committed: ", err) // they come again, to this consumer or to another
		return
	}
	next := map[int32]int64{}
	for _, record := range records {
		next[record.Partition] = record.Offset + 1
	}
	for partition, position := range next {
		mqchaos.Say(mqchaos.Message{"type": "committed", "partition": partition, "position": position})
	}
}
