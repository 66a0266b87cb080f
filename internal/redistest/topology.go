package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"
)

const slots = 16384

// A Cluster is a Redis Cluster of three primaries.
type Cluster struct{ Nodes []*Server }

// StartCluster starts a cluster of real servers and waits until every node knows that it is whole.
func StartCluster(t TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range 3 {
		node := StartReal(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "5000")
		c.Nodes = append(c.Nodes, node)
	}
	for i, node := range c.Nodes {
		must(t, node, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		must(t, node, append([]any{"CLUSTER", "ADDSLOTS"}, share(i, len(c.Nodes))...)...)
	}
	for _, node := range c.Nodes[1:] {
		host, port, _ := net.SplitHostPort(node.Addr)
		must(t, c.Nodes[0], "CLUSTER", "MEET", host, port)
	}
	for _, node := range c.Nodes {
		await(t, "a node does not see the whole cluster", func() bool {
			info := must(t, node, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") &&
				strings.Contains(info, "cluster_size:3")
		})
	}
	return c
}

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() (addrs []string) {
	for _, node := range c.Nodes {
		addrs = append(addrs, node.Addr)
	}
	return addrs
}

// share is the i-th of n equal shares of all slots.
func share(i, n int) (some []any) {
	for slot := i * slots / n; slot < (i+1)*slots/n; slot++ {
		some = append(some, slot)
	}
	return some
}

// A Sentinel is a primary and a replica, and one sentinel that watches them.
type Sentinel struct {
	Primary, Replica *Server // as they were started
	Watcher          *Server
	MasterName       string
}

// StartSentinel starts real servers and waits until the replica is in step and the sentinel knows it.
func StartSentinel(t TB) *Sentinel {
	t.Helper()
	s := &Sentinel{Primary: StartReal(t), MasterName: "logins"}
	host, port, _ := net.SplitHostPort(s.Primary.Addr)
	s.Replica = StartReal(t, "--replicaof", host+" "+port, "--repl-diskless-sync-delay", "0")
	await(t, "the replica is not in step", func() bool {
		return strings.Contains(must(t, s.Replica, "INFO", "replication"), "master_link_status:up")
	})
	watcher, err := launchReal(sentinelConfig(t, s.MasterName, host, port), []string{"--sentinel"})
	s.Watcher = started(t, watcher, err)
	await(t, "the sentinel does not know the replica", func() bool {
		return strings.Contains(must(t, s.Watcher, "SENTINEL", "MASTER", s.MasterName), "num-slaves 1")
	})
	return s
}

// sentinelConfig writes the file that a sentinel keeps its state in.
func sentinelConfig(t TB, name, host, port string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 1\nsentinel down-after-milliseconds %[1]s 500\n"+
		"sentinel failover-timeout %[1]s 5000\n", name, host, port)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return path
}

// must sends a command to one server and returns the response as text.
func must(t TB, s *Server, args ...any) string {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2})
	defer rdb.Close()
	reply, err := rdb.Do(t.Context(), args...).Result()
	if err != nil {
		t.Fatalf("redistest: %v: %v", args[:2], err)
	}
	return fmt.Sprint(reply)
}
