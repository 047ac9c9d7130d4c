// sarama. Its version of Kafka is the environment's SARAMA_VERSION, since it does not ask the broker but takes this.
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"example.com/mqchaos-clients/serve"
	"github.com/IBM/sarama"
)

var (
	client sarama.Client
	admin  sarama.ClusterAdmin
)

func config() *sarama.Config {
	settings := sarama.NewConfig()
	version, err := sarama.ParseKafkaVersion(os.Getenv("SARAMA_VERSION"))
	if err != nil {
		panic(err)
	}
	settings.Version = version
	settings.Producer.Return.Successes = true
	settings.Producer.MaxMessageBytes = 10_000_000
	settings.Producer.Retry.Max = 20
	settings.Producer.Flush.Frequency = 50 * time.Millisecond
	settings.Producer.Partitioner = sarama.NewHashPartitioner
	settings.Consumer.Return.Errors = true
	settings.Consumer.MaxWaitTime = 100 * time.Millisecond
	settings.Consumer.Offsets.Initial = sarama.OffsetOldest
	settings.Consumer.Offsets.AutoCommit.Enable = false
	settings.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	settings.Metadata.Retry.Max = 10
	return settings
}

func deleteTopic(step serve.Step) (any, error) {
	return nil, inSpiteOfEnds(func() error { return admin.DeleteTopic(step.Topic) })
}

// Its admin client passes on that a broker has ended, and leaves it to its user to ask again.
func inSpiteOfEnds(ask func() error) error {
	var err error
	serve.Until(func() bool {
		err = ask()
		return err == nil || nameOf(err) != closed
	})
	return err
}

const closed = "the connection was closed"

func nameOf(err error) any {
	var kafka sarama.KError
	if errors.As(err, &kafka) {
		return int16(kafka)
	}
	var topic *sarama.TopicError
	if errors.As(err, &topic) {
		return int16(topic.Err)
	}
	var partition *sarama.TopicPartitionError
	if errors.As(err, &partition) {
		return int16(partition.Err)
	}
	var network net.Error
	if errors.Is(err, io.EOF) || errors.As(err, &network) {
		return closed
	}
	return err.Error()
}

func main() {
	var err error
	if client, err = sarama.NewClient(serve.Bootstrap(), config()); err != nil {
		panic(err)
	}
	if admin, err = sarama.NewClusterAdminFromClient(client); err != nil {
		panic(err)
	}
	serve.Serve(map[string]func(serve.Step) (any, error){
		"createTopic":           createTopic,
		"createPartitions":      createPartitions,
		"describeTopic":         describeTopic,
		"listTopics":            listTopics,
		"deleteTopic":           deleteTopic,
		"describeCluster":       describeCluster,
		"describeConfigs":       describeConfigs,
		"describeBrokerConfigs": describeBrokerConfigs,
		"alterConfigs":          alterConfigs,
		"produce":               produce,
		"consume":               consume,
		"offsets":               offsets,
		"groupConsume":          groupConsume,
		"share":                 share,
		"join":                  join,
		"leave":                 leave,
		"committed":             committed,
		"commit":                commit,
		"deleteOffsets":         deleteOffsets,
		"describeGroup":         describeGroup,
		"listGroups":            listGroups,
		"deleteGroup":           func(step serve.Step) (any, error) { return nil, admin.DeleteConsumerGroup(step.Group) },
		"deleteRecords":         deleteRecords,
		"logDirs":               logDirs,
		"acls":                  acls,
		"transaction":           transaction,
	}, nameOf)
}

func createTopic(step serve.Step) (any, error) {
	detail := &sarama.TopicDetail{NumPartitions: step.Partitions, ReplicationFactor: -1, ConfigEntries: map[string]*string{}}
	if step.ReplicationFactor != nil {
		detail.ReplicationFactor = *step.ReplicationFactor
	}
	for name, value := range step.Configs {
		value := value
		detail.ConfigEntries[name] = &value
	}
	return nil, admin.CreateTopic(step.Topic, detail, step.ValidateOnly)
}

func createPartitions(step serve.Step) (any, error) {
	return nil, admin.CreatePartitions(step.Topic, int32(step.Total), nil, false)
}

func describeTopic(step serve.Step) (any, error) {
	found, err := admin.DescribeTopics([]string{step.Topic})
	if err != nil {
		return nil, err
	}
	if found[0].Err != sarama.ErrNoError {
		return nil, found[0].Err
	}
	partitions := []int{}
	for _, partition := range found[0].Partitions {
		partitions = append(partitions, int(partition.ID))
	}
	sort.Ints(partitions)
	return partitions, nil
}

func listTopics(serve.Step) (any, error) {
	found, err := admin.ListTopics()
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return names, err
}

func describeCluster(serve.Step) (any, error) {
	brokers, controller, err := admin.DescribeCluster()
	is := false
	for _, broker := range brokers {
		is = is || broker.ID() == controller
	}
	return map[string]bool{"controller": is}, err
}

func describeConfigs(step serve.Step) (any, error) {
	return configs(sarama.ConfigResource{Type: sarama.TopicResource, Name: step.Topic, ConfigNames: step.Names})
}

func describeBrokerConfigs(step serve.Step) (any, error) {
	brokers, _, err := admin.DescribeCluster()
	if err != nil {
		return nil, err
	}
	name := strconv.Itoa(int(brokers[0].ID()))
	return configs(sarama.ConfigResource{Type: sarama.BrokerResource, Name: name, ConfigNames: step.Names})
}

func configs(resource sarama.ConfigResource) (any, error) {
	found, err := admin.DescribeConfig(resource)
	values := map[string]string{}
	for _, one := range found {
		values[one.Name] = one.Value
	}
	return values, err
}

func alterConfigs(step serve.Step) (any, error) {
	entries := map[string]sarama.IncrementalAlterConfigsEntry{}
	for name, value := range step.Configs {
		value := value
		entries[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
	}
	return nil, admin.IncrementalAlterConfig(sarama.TopicResource, step.Topic, entries, false)
}

var codecs = map[string]sarama.CompressionCodec{
	"":       sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

func produce(step serve.Step) (any, error) {
	settings := config()
	settings.Producer.Compression = codecs[step.Compression]
	settings.Producer.RequiredAcks = sarama.WaitForAll
	if step.Acks != nil {
		settings.Producer.RequiredAcks = sarama.RequiredAcks(*step.Acks)
	}
	if step.Idempotent {
		settings.Producer.Idempotent = true
		settings.Net.MaxOpenRequests = 1
	}
	if step.Partition != nil {
		settings.Producer.Partitioner = sarama.NewManualPartitioner
	}
	producer, err := sarama.NewSyncProducer(serve.Bootstrap(), settings)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for _, record := range step.Records {
		messages = append(messages, message(step, record))
	}
	if err := producer.SendMessages(messages); err != nil {
		var each sarama.ProducerErrors
		if errors.As(err, &each) {
			return nil, each[0].Err
		}
		return nil, err
	}
	if settings.Producer.RequiredAcks == sarama.NoResponse {
		return nil, nil
	}
	var sent [][2]int64
	for _, one := range messages {
		sent = append(sent, [2]int64{int64(one.Partition), one.Offset})
	}
	return serve.Placed(sent), nil
}

func message(step serve.Step, record serve.Record) *sarama.ProducerMessage {
	one := &sarama.ProducerMessage{Topic: step.Topic}
	if step.Partition != nil {
		one.Partition = *step.Partition
	}
	if key := record.KeyBytes(); key != nil {
		one.Key = sarama.ByteEncoder(key)
	}
	if value := record.ValueBytes(); value != nil {
		one.Value = sarama.ByteEncoder(value)
	}
	for _, header := range record.Headers {
		one.Headers = append(one.Headers, sarama.RecordHeader{Key: []byte(header[0]), Value: []byte(header[1])})
	}
	if record.Timestamp > 0 {
		one.Timestamp = time.UnixMilli(record.Timestamp)
	}
	return one
}

func consume(step serve.Step) (any, error) {
	var offset int64
	var err error
	switch at := step.Offset.(type) {
	case float64:
		offset = int64(at)
	case string:
		offset = sarama.OffsetOldest
		if at == "end" {
			if offset, err = client.GetOffset(step.Topic, *step.Partition, sarama.OffsetNewest); err != nil {
				return nil, err
			}
			offset -= step.Back
		}
	case map[string]any:
		if offset, err = client.GetOffset(step.Topic, *step.Partition, int64(at["timestamp"].(float64))); err != nil {
			return nil, err
		}
	}
	settings := config()
	if step.Isolation == "read_committed" {
		settings.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	consumer, err := sarama.NewConsumer(serve.Bootstrap(), settings)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(step.Topic, *step.Partition, offset)
	if err != nil {
		return nil, err
	}
	defer partition.AsyncClose()
	got := []serve.Told{}
	end := time.After(step.Patience())
	for len(got) < step.Count {
		select {
		case record := <-partition.Messages():
			got = append(got, told(record, step.Times))
		case failed := <-partition.Errors():
			return nil, failed.Err
		case <-end:
			return got, nil
		}
	}
	return got, nil
}

func told(record *sarama.ConsumerMessage, times bool) serve.Told {
	one := serve.Told{
		Partition: record.Partition,
		Offset:    record.Offset,
		Key:       serve.Text(record.Key),
		Value:     serve.Text(record.Value),
		Headers:   [][]string{},
	}
	for _, header := range record.Headers {
		one.Headers = append(one.Headers, []string{string(header.Key), string(header.Value)})
	}
	if times {
		timestamp := record.Timestamp.UnixMilli()
		one.Timestamp = &timestamp
	}
	return one
}

func offsets(step serve.Step) (any, error) {
	at := map[any]int64{"beginning": sarama.OffsetOldest, "end": sarama.OffsetNewest}
	timestamp, isWord := at[step.At]
	if number, isNumber := step.At.(float64); isNumber {
		timestamp = int64(number)
	} else if !isWord {
		return nil, serve.ErrNotOffered
	}
	partitions, err := client.Partitions(step.Topic)
	if err != nil {
		return nil, err
	}
	each := make([]int64, len(partitions))
	for _, partition := range partitions {
		if each[partition], err = client.GetOffset(step.Topic, partition, timestamp); err != nil {
			return nil, err
		}
	}
	return each, nil
}

// member consumes in a group until it leaves.
type member struct {
	group      sarama.ConsumerGroup
	cancel     context.CancelFunc
	done       chan struct{}
	partitions atomic.Int64
	lock       sync.Mutex
	got        []serve.Told
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	count := 0
	for _, partitions := range session.Claims() {
		count += len(partitions)
	}
	m.partitions.Store(int64(count))
	return nil
}

func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	return nil
}

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case record, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.lock.Lock()
			m.got = append(m.got, told(record, false))
			m.lock.Unlock()
			session.MarkMessage(record, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

func (m *member) count() int {
	m.lock.Lock()
	defer m.lock.Unlock()
	return len(m.got)
}

func joined(topic, name string) (*member, error) {
	group, err := sarama.NewConsumerGroup(serve.Bootstrap(), name, config())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	one := &member{group: group, cancel: cancel, done: make(chan struct{})}
	go func() {
		for range group.Errors() {
		}
	}()
	go func() {
		defer close(one.done)
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{topic}, one); err != nil {
				time.Sleep(100 * time.Millisecond)
			}
		}
	}()
	return one, nil
}

func (m *member) leave() error {
	m.cancel()
	<-m.done
	return m.group.Close()
}

func groupConsume(step serve.Step) (any, error) {
	if step.Protocol != "" {
		return nil, serve.ErrNotOffered
	}
	one, err := joined(step.Topic, step.Group)
	if err != nil {
		return nil, err
	}
	serve.Until(func() bool { return one.count() >= step.Count })
	// which partition comes first is chance, so what is there besides is read as well
	for before := -1; before != one.count(); {
		before = one.count()
		time.Sleep(500 * time.Millisecond)
	}
	err = one.leave()
	return serve.InOrder(append([]serve.Told{}, one.got...)), err
}

func share(step serve.Step) (any, error) {
	if step.Cooperative {
		return nil, serve.ErrNotOffered
	}
	first, err := joined(step.Topic, step.Group)
	if err != nil {
		return nil, err
	}
	serve.Until(func() bool { return first.partitions.Load() == 4 })
	second, err := joined(step.Topic, step.Group)
	if err != nil {
		return nil, err
	}
	serve.Until(func() bool { return first.partitions.Load() == 2 && second.partitions.Load() == 2 })
	both := []int64{first.partitions.Load(), second.partitions.Load()}
	if err := first.leave(); err != nil {
		return nil, err
	}
	serve.Until(func() bool { return second.partitions.Load() == 4 })
	return []any{both, second.partitions.Load()}, second.leave()
}

var staying *member

func join(step serve.Step) (any, error) {
	one, err := joined(step.Topic, step.Group)
	if err != nil {
		return nil, err
	}
	staying = one
	serve.Until(func() bool { return one.partitions.Load() > 0 })
	return nil, nil
}

func leave(serve.Step) (any, error) { return nil, staying.leave() }

func committed(step serve.Step) (any, error) {
	found, err := admin.ListConsumerGroupOffsets(step.Group, nil)
	if err != nil {
		return nil, err
	}
	each := map[string]int64{}
	for partition, one := range found.Blocks[step.Topic] {
		if one.Offset >= 0 {
			each[strconv.Itoa(int(partition))] = one.Offset
		}
	}
	return each, nil
}

func commit(step serve.Step) (any, error) {
	manager, err := sarama.NewOffsetManagerFromClient(step.Group, client)
	if err != nil {
		return nil, err
	}
	defer manager.Close()
	for partition, offset := range step.Offsets {
		one, err := manager.ManagePartition(step.Topic, partition)
		if err != nil {
			return nil, err
		}
		one.ResetOffset(offset, "")
		one.MarkOffset(offset, "")
		manager.Commit()
		select {
		case failed := <-one.Errors():
			return nil, failed.Err
		default:
		}
		one.AsyncClose()
	}
	return nil, nil
}

func deleteOffsets(step serve.Step) (any, error) {
	for _, partition := range []int32{0, 1} {
		if err := admin.DeleteConsumerGroupOffset(step.Group, step.Topic, partition); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func describeGroup(step serve.Step) (any, error) {
	found, err := admin.DescribeConsumerGroups([]string{step.Group})
	if err != nil {
		return nil, err
	}
	partitions := 0
	for _, one := range found[0].Members {
		assignment, err := one.GetMemberAssignment()
		if err != nil {
			return nil, err
		}
		if assignment == nil {
			continue
		}
		for _, each := range assignment.Topics {
			partitions += len(each)
		}
	}
	if found[0].Err != sarama.ErrNoError {
		return nil, found[0].Err
	}
	return map[string]any{"state": found[0].State, "members": len(found[0].Members), "partitions": partitions}, nil
}

func listGroups(serve.Step) (any, error) {
	found, err := admin.ListConsumerGroups()
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return names, err
}

func deleteRecords(step serve.Step) (any, error) {
	if err := admin.DeleteRecords(step.Topic, map[int32]int64{*step.Partition: step.Before}); err != nil {
		return nil, err
	}
	return client.GetOffset(step.Topic, *step.Partition, sarama.OffsetOldest)
}

func logDirs(step serve.Step) (any, error) {
	brokers, _, err := admin.DescribeCluster()
	if err != nil {
		return nil, err
	}
	ids := []int32{}
	for _, broker := range brokers {
		ids = append(ids, broker.ID())
	}
	found, err := admin.DescribeLogDirs(ids)
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for _, folders := range found {
		for _, folder := range folders {
			for _, topic := range folder.Topics {
				for _, partition := range topic.Partitions {
					seen[int(partition.PartitionID)] = seen[int(partition.PartitionID)] || topic.Topic == step.Topic
				}
			}
		}
	}
	partitions := []int{}
	for partition, isOurs := range seen {
		if isOurs {
			partitions = append(partitions, partition)
		}
	}
	sort.Ints(partitions)
	return partitions, nil
}

func acls(serve.Step) (any, error) {
	found, err := admin.ListAcls(sarama.AclFilter{
		ResourceType:              sarama.AclResourceAny,
		ResourcePatternTypeFilter: sarama.AclPatternAny,
		Operation:                 sarama.AclOperationAny,
		PermissionType:            sarama.AclPermissionAny,
	})
	return len(found), err
}

func transaction(step serve.Step) (any, error) {
	settings := config()
	settings.Producer.Transaction.ID = step.TransactionalID
	settings.Producer.Idempotent = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer(serve.Bootstrap(), settings)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	if err := producer.BeginTxn(); err != nil {
		return nil, err
	}
	return nil, producer.AbortTxn()
}
