// Package serve is the line protocol of ../../README.md around the operations of a client.
package serve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"
)

// Patience is how long a record may take to come, and a group to settle.
const Patience = 10 * time.Second

// Bootstrap is the address of the cluster.
func Bootstrap() []string { return strings.Split(os.Args[len(os.Args)-1], ",") }

// Step has what any operation takes.
type Step struct {
	Op                string
	Topic             string
	Group             string
	TransactionalID   string `json:"transactionalId"`
	Partitions        int32
	Partition         *int32
	ReplicationFactor *int16
	Configs           map[string]string
	ValidateOnly      bool
	Total             int
	Names             []string
	Records           []Record
	Acks              *int
	Compression       string
	Idempotent        bool
	Offset            any
	Back              int64
	Count             int
	Isolation         string
	Times             bool
	At                any
	Offsets           map[int32]int64
	Before            int64
	Cooperative       bool
	Protocol          string
	PatienceMs        int
}

// Patience is how long a record may take to come.
func (s Step) Patience() time.Duration {
	if s.PatienceMs > 0 {
		return time.Duration(s.PatienceMs) * time.Millisecond
	}
	return Patience
}

// Record is one to produce.
type Record struct {
	Key       *string
	Value     *string
	Size      int
	Headers   [][2]string
	Timestamp int64
}

// KeyBytes is nil for no key.
func (r Record) KeyBytes() []byte { return bytes(r.Key) }

// ValueBytes is nil for a tombstone.
func (r Record) ValueBytes() []byte {
	if r.Size > 0 {
		return []byte(strings.Repeat("x", r.Size))
	}
	return bytes(r.Value)
}

func bytes(text *string) []byte {
	if text == nil {
		return nil
	}
	return []byte(*text)
}

// ErrNotOffered is for what the client's API does not have.
var ErrNotOffered = errors.New("no such call")

// Told is a record as the suite tells it.
type Told struct {
	Partition int32      `json:"partition"`
	Offset    int64      `json:"offset"`
	Key       *string    `json:"key"`
	Value     *string    `json:"value"`
	Headers   [][]string `json:"headers"`
	Timestamp *int64     `json:"timestamp,omitempty"`
}

// Text is nil for nil, and a length for what is long.
func Text(content []byte) *string {
	if content == nil {
		return nil
	}
	text := string(content)
	if len(content) > 1000 {
		text = fmt.Sprintf("%d bytes", len(content))
	}
	return &text
}

// InOrder sorts by partition and offset.
func InOrder(records []Told) []Told {
	sort.Slice(records, func(a, b int) bool {
		if records[a].Partition != records[b].Partition {
			return records[a].Partition < records[b].Partition
		}
		return records[a].Offset < records[b].Offset
	})
	return records
}

// Placed is [partition, first offset, count] of what was sent.
func Placed(sent [][2]int64) [][]int64 {
	each := map[int64][]int64{}
	for _, one := range sent {
		each[one[0]] = append(each[one[0]], one[1])
	}
	placed := [][]int64{}
	for partition, offsets := range each {
		sort.Slice(offsets, func(a, b int) bool { return offsets[a] < offsets[b] })
		placed = append(placed, []int64{partition, offsets[0], int64(len(offsets))})
	}
	sort.Slice(placed, func(a, b int) bool { return placed[a][0] < placed[b][0] })
	return placed
}

// Until waits until it is so, for Patience at most.
func Until(isSo func() bool) bool {
	end := time.Now().Add(Patience)
	for !isSo() {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// Serve answers steps until stdin ends. nameOf says which error of Kafka an error of the client is.
func Serve(operations map[string]func(Step) (any, error), nameOf func(error) any) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var step Step
		answer := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			answer["failed"] = err.Error()
		} else if operation := operations[step.Op]; operation == nil {
			answer["notOffered"] = ErrNotOffered.Error()
		} else if is, err := operation(step); errors.Is(err, ErrNotOffered) {
			answer["notOffered"] = err.Error()
		} else if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", step.Op, err)
			answer["error"] = nameOf(err)
		} else {
			answer["is"] = is
		}
		line, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
