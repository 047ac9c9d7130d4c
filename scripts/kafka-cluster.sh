#!/bin/sh
# Three Kafka brokers on this machine, to be broken by mqchaos:
#
#   scripts/kafka-cluster.sh start DIR   makes DIR with a folder for each broker and kafka.yaml; returns when they serve
#   scripts/kafka-cluster.sh stop DIR    ends them with kill -9; DIR stays
#
# Each is broker and controller at once (KRaft), with 512 MB of heap. They listen on 127.0.0.1 alone: on 19092 to 19094 for
# clients and 19192 to 19194 for each other, or on the six ports in KAFKA_PORTS. The jars are those of
# scripts/install-kafka.sh, or in KAFKA_LIBS; needs Java 17.
set -eu

usage() {
  echo "usage: kafka-cluster.sh start|stop DIR" >&2
  exit 2
}
[ $# -eq 2 ] || usage
command=$1

libs=${KAFKA_LIBS:-$(cd "$(dirname "$0")/.." && pwd)/test/.cache/kafka/libs}

# A process of that number that is not ours any more is left alone.
stop() {
  for file in "$1"/b[123]/pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "$(dirname "$file")/server.properties"; then
      kill -KILL "$pid"
    fi
    rm -f "$file"
  done
}

properties() {
  cat <<END
process.roles=broker,controller
node.id=$id
controller.quorum.voters=1@127.0.0.1:$4,2@127.0.0.1:$5,3@127.0.0.1:$6
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/data
default.replication.factor=3
min.insync.replicas=2
unclean.leader.election.enable=false
offsets.topic.replication.factor=3
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.segment.bytes=16777216
# A broker that was killed is refused until its old session has expired: 9 s by default.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=300
END
}

# exec: the pid that was written is the broker's own.
start_script() {
  cat <<END
#!/bin/sh
echo \$\$ > '$folder/pid.new' && mv '$folder/pid.new' '$folder/pid'
exec java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dkafka.logs.dir='$folder/logs' \\
  -Dlog4j2.configurationFile='$dir/log4j2.yaml' -cp '$libs/*' kafka.Kafka '$folder/server.properties' \\
  >> '$folder/out.log' 2>&1 < /dev/null
END
}

cluster_file() {
  cat <<END
# Three Kafka brokers, each under a name that faults can aim at.
cluster:
  broker: kafka
  attach: [127.0.0.1:$1, 127.0.0.1:$2, 127.0.0.1:$3]
  control:
END
  for id in 1 2 3; do
    eval "port=\$$id"
    cat <<END
    - id: b$id
      address: 127.0.0.1:$port
      pidFile: $dir/b$id/pid
      start: nohup '$dir/b$id/start.sh' > /dev/null 2>&1 &
END
  done
}

case $command in
  stop)
    stop "$(cd "$2" && pwd)"
    exit 0
    ;;
  start) ;;
  *) usage ;;
esac

if [ ! -d "$libs" ]; then
  echo "kafka-cluster: no jars in $libs: run scripts/install-kafka.sh" >&2
  exit 1
fi
if [ -e "$2" ] && [ -n "$(ls -A "$2")" ]; then
  echo "kafka-cluster: $2 is not empty" >&2
  exit 2
fi
mkdir -p "$2"
dir=$(cd "$2" && pwd)
trap 'stop "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# shellcheck disable=SC2086
set -- ${KAFKA_PORTS:-19092 19093 19094 19192 19193 19194}
cat >"$dir/log4j2.yaml" <<'END'
Configuration:
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%d %p %c{1} %m%n" } }
  Loggers:
    Logger: { name: kafka.server.KafkaRaftServer, level: INFO }
    Root: { level: WARN, AppenderRef: { ref: out } }
END
for id in 1 2 3; do
  eval "port=\$$id controller=\$$((id + 3))"
  folder=$dir/b$id
  mkdir "$folder"
  properties "$@" >"$folder/server.properties"
  start_script >"$folder/start.sh"
  chmod +x "$folder/start.sh"
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$dir/log4j2.yaml" -cp "$libs/*" \
    kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c "$folder/server.properties" >"$folder/format.log" 2>&1 &
done
wait
for id in 1 2 3; do
  folder=$dir/b$id
  if [ ! -f "$folder/data/meta.properties" ]; then
    cat "$folder/format.log" >&2
    exit 1
  fi
  nohup "$folder/start.sh" >/dev/null 2>&1 &
done
cluster_file "$@" >"$dir/kafka.yaml"
for id in 1 2 3; do
  until grep -q 'Kafka Server started' "$dir/b$id/out.log" 2>/dev/null; do
    patience=$((${patience:-120} - 1))
    if [ $patience -eq 0 ]; then
      echo "kafka-cluster: b$id does not serve; see $dir/b$id/out.log" >&2
      exit 1
    fi
    sleep 1
  done
done
trap - EXIT
echo "$dir/kafka.yaml"
