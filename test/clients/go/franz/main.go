// franz-go, with its admin client kadm.
package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/mqchaos-clients/serve"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var admin *kadm.Client

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Second)
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(serve.Bootstrap()...),
		kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.UnknownTopicRetries(2),
		kgo.MetadataMinAge(100 * time.Millisecond), // or topics are listed that are gone
	}, options...)...)
}

func nameOf(err error) any {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return kafka.Message
	}
	return err.Error()
}

func main() {
	own, err := client()
	if err != nil {
		panic(err)
	}
	admin = kadm.NewClient(own)
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
		"deleteGroup":           deleteGroup,
		"deleteRecords":         deleteRecords,
		"logDirs":               logDirs,
		"acls":                  acls,
		"listTransactions":      listTransactions,
		"transaction":           transaction,
	}, nameOf)
}

func createTopic(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	configs := map[string]*string{}
	for name, value := range step.Configs {
		configs[name] = kadm.StringPtr(value)
	}
	factor := int16(-1)
	if step.ReplicationFactor != nil {
		factor = *step.ReplicationFactor
	}
	make := admin.CreateTopics
	if step.ValidateOnly {
		make = admin.ValidateCreateTopics
	}
	made, err := make(ctx, step.Partitions, factor, configs, step.Topic)
	if err != nil {
		return nil, err
	}
	return nil, made[step.Topic].Err
}

func createPartitions(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	made, err := admin.UpdatePartitions(ctx, step.Total, step.Topic)
	if err != nil {
		return nil, err
	}
	return nil, made[step.Topic].Err
}

func describeTopic(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.ListTopics(ctx, step.Topic)
	if err != nil {
		return nil, err
	}
	partitions := []int32{}
	for partition := range found[step.Topic].Partitions {
		partitions = append(partitions, partition)
	}
	sort.Slice(partitions, func(a, b int) bool { return partitions[a] < partitions[b] })
	return partitions, found[step.Topic].Err
}

func listTopics(serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.ListTopics(ctx)
	names := []string{}
	for name, topic := range found {
		if topic.Err == nil {
			names = append(names, name)
		}
	}
	return names, err
}

func deleteTopic(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	gone, err := admin.DeleteTopics(ctx, step.Topic)
	if err != nil {
		return nil, err
	}
	return nil, gone[step.Topic].Err
}

func describeCluster(serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range found.Brokers.NodeIDs() {
		if id == found.Controller {
			return map[string]bool{"controller": true}, nil
		}
	}
	return map[string]bool{"controller": false}, nil
}

func describeConfigs(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.DescribeTopicConfigs(ctx, step.Topic)
	return picked(found, err, step.Names)
}

func describeBrokerConfigs(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	brokers, err := admin.ListBrokers(ctx)
	if err != nil {
		return nil, err
	}
	found, err := admin.DescribeBrokerConfigs(ctx, brokers.NodeIDs()[0])
	return picked(found, err, step.Names)
}

func picked(found kadm.ResourceConfigs, err error, names []string) (any, error) {
	if err != nil {
		return nil, err
	}
	if found[0].Err != nil {
		return nil, found[0].Err
	}
	values := map[string]string{}
	for _, config := range found[0].Configs {
		for _, name := range names {
			if config.Key == name {
				values[name] = config.MaybeValue()
			}
		}
	}
	return values, nil
}

func alterConfigs(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	var changes []kadm.AlterConfig
	for name, value := range step.Configs {
		changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: kadm.StringPtr(value)})
	}
	done, err := admin.AlterTopicConfigs(ctx, changes, step.Topic)
	if err != nil {
		return nil, err
	}
	return nil, done[0].Err
}

var codecs = map[string]kgo.CompressionCodec{
	"":       kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func produce(step serve.Step) (any, error) {
	options := []kgo.Opt{kgo.ProducerBatchCompression(codecs[step.Compression]), kgo.ProducerBatchMaxBytes(10_000_000)}
	acks := map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}
	level := -1
	if step.Acks != nil {
		level = *step.Acks
	}
	options = append(options, kgo.RequiredAcks(acks[level]), kgo.ProducerLinger(50*time.Millisecond))
	if !step.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if step.Partition != nil {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	own, err := client(options...)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	var records []*kgo.Record
	for _, one := range step.Records {
		record := &kgo.Record{Topic: step.Topic, Key: one.KeyBytes(), Value: one.ValueBytes()}
		if step.Partition != nil {
			record.Partition = *step.Partition
		}
		for _, header := range one.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header[0], Value: []byte(header[1])})
		}
		if one.Timestamp > 0 {
			record.Timestamp = time.UnixMilli(one.Timestamp)
		}
		records = append(records, record)
	}
	ctx, cancel := bounded()
	defer cancel()
	results := own.ProduceSync(ctx, records...)
	if err := results.FirstErr(); err != nil || level == 0 {
		return nil, err
	}
	var sent [][2]int64
	for _, result := range results {
		sent = append(sent, [2]int64{int64(result.Record.Partition), result.Record.Offset})
	}
	return serve.Placed(sent), nil
}

func consume(step serve.Step) (any, error) {
	partition := *step.Partition
	offset := kgo.NewOffset().AtStart()
	switch at := step.Offset.(type) {
	case float64:
		offset = kgo.NewOffset().At(int64(at))
	case string:
		if at == "end" {
			offset = kgo.NewOffset().AtEnd().Relative(-step.Back)
		}
	case map[string]any:
		offset = kgo.NewOffset().AfterMilli(int64(at["timestamp"].(float64)))
	}
	places := map[string]map[int32]kgo.Offset{step.Topic: {partition: offset}}
	options := []kgo.Opt{kgo.ConsumePartitions(places), kgo.ConsumeResetOffset(kgo.NoResetOffset())}
	if step.Isolation == "read_committed" {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	own, err := client(options...)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	return read(own, step, step.Times)
}

func read(own *kgo.Client, step serve.Step, times bool) ([]serve.Told, error) {
	ctx, cancel := context.WithTimeout(context.Background(), step.Patience())
	defer cancel()
	got := []serve.Told{}
	for len(got) < step.Count && ctx.Err() == nil {
		fetches := own.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			if !errors.Is(failed.Err, context.DeadlineExceeded) {
				return nil, failed.Err
			}
		}
		fetches.EachRecord(func(record *kgo.Record) { got = append(got, told(record, times)) })
	}
	return got, nil
}

func told(record *kgo.Record, times bool) serve.Told {
	one := serve.Told{
		Partition: record.Partition,
		Offset:    record.Offset,
		Key:       serve.Text(record.Key),
		Value:     serve.Text(record.Value),
		Headers:   [][]string{},
	}
	for _, header := range record.Headers {
		one.Headers = append(one.Headers, []string{header.Key, string(header.Value)})
	}
	if times {
		timestamp := record.Timestamp.UnixMilli()
		one.Timestamp = &timestamp
	}
	return one
}

func offsets(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	var found kadm.ListedOffsets
	var err error
	switch at := step.At.(type) {
	case float64:
		found, err = admin.ListOffsetsAfterMilli(ctx, int64(at), step.Topic)
	default:
		list := map[any]func(context.Context, ...string) (kadm.ListedOffsets, error){
			"beginning":     admin.ListStartOffsets,
			"end":           admin.ListEndOffsets,
			"max-timestamp": admin.ListMaxTimestampOffsets,
		}
		found, err = list[at](ctx, step.Topic)
	}
	if err != nil {
		return nil, err
	}
	if err := found.Error(); err != nil {
		return nil, err
	}
	each := make([]int64, len(found[step.Topic]))
	for partition, one := range found[step.Topic] {
		each[partition] = one.Offset
	}
	return each, nil
}

func grouped(topic, group string, options ...kgo.Opt) (*kgo.Client, error) {
	return client(append([]kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.HeartbeatInterval(200 * time.Millisecond),
		kgo.SessionTimeout(10 * time.Second),
	}, options...)...)
}

func groupConsume(step serve.Step) (any, error) {
	if step.Protocol != "" {
		return nil, serve.ErrNotOffered
	}
	own, err := grouped(step.Topic, step.Group)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	got, err := read(own, step, false)
	if err != nil {
		return nil, err
	}
	ctx, cancel := bounded()
	defer cancel()
	if err := own.CommitUncommittedOffsets(ctx); err != nil {
		return nil, err
	}
	return serve.InOrder(got), own.LeaveGroupContext(ctx)
}

type member struct {
	own        *kgo.Client
	partitions atomic.Int64
}

func joined(topic, group string, balancer kgo.GroupBalancer) (*member, error) {
	one := &member{}
	count := func(sign int64) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			for _, partitions := range changed {
				one.partitions.Add(sign * int64(len(partitions)))
			}
		}
	}
	own, err := grouped(topic, group, kgo.Balancers(balancer), kgo.OnPartitionsAssigned(count(1)),
		kgo.OnPartitionsRevoked(count(-1)), kgo.OnPartitionsLost(count(-1)))
	if err != nil {
		return nil, err
	}
	one.own = own
	go func() {
		for !own.PollFetches(context.Background()).IsClientClosed() {
		}
	}()
	return one, nil
}

func share(step serve.Step) (any, error) {
	balancer := kgo.RangeBalancer()
	if step.Cooperative {
		balancer = kgo.CooperativeStickyBalancer()
	}
	first, err := joined(step.Topic, step.Group, balancer)
	if err != nil {
		return nil, err
	}
	serve.Until(func() bool { return first.partitions.Load() == 4 })
	second, err := joined(step.Topic, step.Group, balancer)
	if err != nil {
		return nil, err
	}
	serve.Until(func() bool { return first.partitions.Load() == 2 && second.partitions.Load() == 2 })
	both := []int64{first.partitions.Load(), second.partitions.Load()}
	first.own.Close()
	serve.Until(func() bool { return second.partitions.Load() == 4 })
	alone := second.partitions.Load()
	second.own.Close()
	return []any{both, alone}, nil
}

var staying *member

func join(step serve.Step) (any, error) {
	one, err := joined(step.Topic, step.Group, kgo.RangeBalancer())
	if err != nil {
		return nil, err
	}
	staying = one
	serve.Until(func() bool { return one.partitions.Load() > 0 })
	return nil, nil
}

func leave(serve.Step) (any, error) {
	staying.own.Close()
	return nil, nil
}

func committed(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.FetchOffsets(ctx, step.Group)
	if err != nil {
		return nil, err
	}
	each := map[string]int64{}
	for partition, one := range found[step.Topic] {
		each[strconv.Itoa(int(partition))] = one.At
	}
	return each, nil
}

func commit(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	wanted := kadm.Offsets{}
	for partition, offset := range step.Offsets {
		wanted.AddOffset(step.Topic, partition, offset, -1)
	}
	done, err := admin.CommitOffsets(ctx, step.Group, wanted)
	if err != nil {
		return nil, err
	}
	return nil, done.Error()
}

func deleteOffsets(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	wanted := kadm.TopicsSet{}
	wanted.Add(step.Topic, 0, 1)
	done, err := admin.DeleteOffsets(ctx, step.Group, wanted)
	if err != nil {
		return nil, err
	}
	return nil, done.Error()
}

func describeGroup(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.DescribeGroups(ctx, step.Group)
	if err != nil {
		return nil, err
	}
	group := found[step.Group]
	partitions := 0
	for _, each := range group.AssignedPartitions() {
		partitions += len(each)
	}
	return map[string]any{"state": group.State, "members": len(group.Members), "partitions": partitions}, group.Err
}

func listGroups(serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.ListGroups(ctx)
	return found.Groups(), err
}

func deleteGroup(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	gone, err := admin.DeleteGroups(ctx, step.Group)
	if err != nil {
		return nil, err
	}
	return nil, gone[step.Group].Err
}

func deleteRecords(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	wanted := kadm.Offsets{}
	wanted.AddOffset(step.Topic, *step.Partition, step.Before, -1)
	done, err := admin.DeleteRecords(ctx, wanted)
	if err != nil {
		return nil, err
	}
	one, _ := done.Lookup(step.Topic, *step.Partition)
	return one.LowWatermark, one.Err
}

func logDirs(step serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return nil, err
	}
	seen := map[int32]bool{}
	for _, broker := range found {
		for _, folder := range broker {
			if folder.Err != nil {
				return nil, folder.Err
			}
			for partition := range folder.Topics[step.Topic] {
				seen[partition] = true
			}
		}
	}
	partitions := []int32{}
	for partition := range seen {
		partitions = append(partitions, partition)
	}
	sort.Slice(partitions, func(a, b int) bool { return partitions[a] < partitions[b] })
	return partitions, nil
}

func acls(serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	everything := kadm.NewACLs().AnyResource().Allow().AllowHosts().Deny().DenyHosts().
		Operations(kadm.OpAny).ResourcePatternType(kadm.ACLPatternAny)
	found, err := admin.DescribeACLs(ctx, everything)
	if err != nil {
		return nil, err
	}
	rules := []string{}
	for _, one := range found {
		if one.Err != nil {
			return nil, one.Err
		}
		for _, rule := range one.Described {
			rules = append(rules, fmt.Sprint(rule))
		}
	}
	return rules, nil
}

func listTransactions(serve.Step) (any, error) {
	ctx, cancel := bounded()
	defer cancel()
	found, err := admin.ListTransactions(ctx, nil, nil)
	return found.TransactionalIDs(), err
}

func transaction(step serve.Step) (any, error) {
	own, err := client(kgo.TransactionalID(step.TransactionalID), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return nil, err
	}
	defer own.Close()
	if err := own.BeginTransaction(); err != nil {
		return nil, err
	}
	ctx, cancel := bounded()
	defer cancel()
	if err := own.ProduceSync(ctx, &kgo.Record{Topic: step.Topic, Value: []byte("x")}).FirstErr(); err != nil {
		return nil, err
	}
	return nil, own.EndTransaction(ctx, kgo.TryCommit)
}
