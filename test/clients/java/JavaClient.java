// Kafka's own client: producer, consumer and admin. Run from its source, with Kafka's jars on the class path.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class JavaClient {
  static final long PATIENCE_MS = 10_000;
  static final ObjectMapper json = new ObjectMapper();
  static String bootstrap;
  static Admin admin;
  static Member staying;

  interface Operation {
    Object perform(JsonNode step) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    serve(connect(args));
  }

  /** The operations, on the cluster whose address is the last argument. */
  static Map<String, Operation> connect(String[] args) {
    bootstrap = args[args.length - 1];
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", "10000", "default.api.timeout.ms", "20000"));
    return operations();
  }

  static void serve(Map<String, Operation> operations) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode step = json.readTree(line);
      System.out.println(json.writeValueAsString(answer(operations.get(step.get("op").asText()), step)));
      System.out.flush();
    }
    System.exit(0);
  }

  static Map<String, Object> answer(Operation operation, JsonNode step) {
    if (operation == null) return Map.of("notOffered", "no such call");
    try {
      var is = new HashMap<String, Object>();
      is.put("is", operation.perform(step));
      return is;
    } catch (Throwable error) {
      error.printStackTrace();
      return Map.of("error", nameOf(error));
    }
  }

  static String nameOf(Throwable error) {
    Throwable cause = error;
    while (cause instanceof ExecutionException && cause.getCause() != null) cause = cause.getCause();
    if (cause instanceof OffsetOutOfRangeException) return "OFFSET_OUT_OF_RANGE";
    Errors known = Errors.forException(cause);
    return known == Errors.UNKNOWN_SERVER_ERROR ? cause.getClass().getSimpleName() : known.name();
  }

  static Map<String, Operation> operations() {
    var all = new HashMap<String, Operation>();
    all.put("createTopic", step -> {
      short factor = (short) step.path("replicationFactor").asInt(-1);
      var topic = new NewTopic(topic(step), step.get("partitions").asInt(), factor).configs(texts(step.path("configs")));
      var options = new CreateTopicsOptions().validateOnly(step.path("validateOnly").asBoolean());
      return get(admin.createTopics(List.of(topic), options).all());
    });
    all.put("createPartitions", step ->
      get(admin.createPartitions(Map.of(topic(step), NewPartitions.increaseTo(step.get("total").asInt()))).all()));
    all.put("describeTopic", step -> partitions(topic(step)));
    all.put("listTopics", step -> get(admin.listTopics().names()));
    all.put("deleteTopic", step -> get(admin.deleteTopics(List.of(topic(step))).all()));
    all.put("describeCluster", step -> {
      var found = admin.describeCluster();
      int controller = get(found.controller()).id();
      return Map.of("controller", get(found.nodes()).stream().anyMatch(node -> node.id() == controller));
    });
    all.put("describeConfigs", step -> configs(new ConfigResource(ConfigResource.Type.TOPIC, topic(step)), step));
    all.put("describeBrokerConfigs", step -> {
      int node = get(admin.describeCluster().nodes()).iterator().next().id();
      return configs(new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(node)), step);
    });
    all.put("alterConfigs", step -> {
      Collection<AlterConfigOp> changes = texts(step.get("configs")).entrySet().stream()
        .map(one -> new AlterConfigOp(new ConfigEntry(one.getKey(), one.getValue()), AlterConfigOp.OpType.SET))
        .collect(Collectors.toList());
      return get(admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic(step)), changes)).all());
    });
    all.put("produce", JavaClient::produce);
    all.put("consume", JavaClient::consume);
    all.put("offsets", JavaClient::offsets);
    all.put("groupConsume", JavaClient::groupConsume);
    all.put("share", JavaClient::share);
    all.put("join", step -> {
      staying = new Member(topic(step), step.get("group").asText(), false);
      until(() -> staying.partitions > 0);
      return null;
    });
    all.put("leave", step -> staying.leave());
    all.put("committed", step -> {
      var found = get(admin.listConsumerGroupOffsets(group(step)).partitionsToOffsetAndMetadata());
      var each = new TreeMap<String, Long>();
      found.forEach((at, offset) -> {
        if (offset != null && at.topic().equals(topic(step))) each.put(String.valueOf(at.partition()), offset.offset());
      });
      return each;
    });
    all.put("commit", step -> {
      var wanted = new HashMap<TopicPartition, OffsetAndMetadata>();
      step.get("offsets").fields().forEachRemaining(one ->
        wanted.put(new TopicPartition(topic(step), Integer.parseInt(one.getKey())), new OffsetAndMetadata(one.getValue().asLong())));
      return get(admin.alterConsumerGroupOffsets(group(step), wanted).all());
    });
    all.put("deleteOffsets", step -> {
      var wanted = Set.of(new TopicPartition(topic(step), 0), new TopicPartition(topic(step), 1));
      return get(admin.deleteConsumerGroupOffsets(group(step), wanted).all());
    });
    all.put("describeGroup", step -> {
      var found = get(admin.describeConsumerGroups(List.of(group(step))).all()).get(group(step));
      int partitions = found.members().stream().mapToInt(one -> one.assignment().topicPartitions().size()).sum();
      return Map.of("state", found.groupState().toString(), "members", found.members().size(), "partitions", partitions);
    });
    all.put("listGroups", step -> get(admin.listGroups().all()).stream().map(GroupListing::groupId).toList());
    all.put("deleteGroup", step -> get(admin.deleteConsumerGroups(List.of(group(step))).all()));
    all.put("deleteRecords", step -> {
      var at = new TopicPartition(topic(step), step.get("partition").asInt());
      var wanted = Map.of(at, RecordsToDelete.beforeOffset(step.get("before").asLong()));
      return get(admin.deleteRecords(wanted).lowWatermarks().get(at)).lowWatermark();
    });
    all.put("logDirs", step -> {
      var nodes = get(admin.describeCluster().nodes()).stream().map(node -> node.id()).toList();
      return get(admin.describeLogDirs(nodes).allDescriptions()).values().stream()
        .flatMap(folders -> folders.values().stream())
        .flatMap(folder -> folder.replicaInfos().keySet().stream())
        .filter(at -> at.topic().equals(topic(step)))
        .map(TopicPartition::partition).distinct().sorted().toList();
    });
    all.put("acls", step -> get(admin.describeAcls(AclBindingFilter.ANY).values()).stream().map(Object::toString).toList());
    all.put("listTransactions", step ->
      get(admin.listTransactions().all()).stream().map(TransactionListing::transactionalId).toList());
    all.put("transaction", step -> {
      var settings = producerSettings();
      settings.put("transactional.id", step.get("transactionalId").asText());
      try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic(step), 0, null, bytes("x")));
        producer.commitTransaction();
      }
      return null;
    });
    return all;
  }

  static Object configs(ConfigResource resource, JsonNode step) throws Exception {
    var found = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    var values = new TreeMap<String, String>();
    for (JsonNode name : step.get("names")) {
      if (found.get(name.asText()) != null) values.put(name.asText(), found.get(name.asText()).value());
    }
    return values;
  }

  static Map<String, Object> producerSettings() {
    var settings = new HashMap<String, Object>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("key.serializer", ByteArraySerializer.class);
    settings.put("value.serializer", ByteArraySerializer.class);
    settings.put("max.request.size", 10_000_000);
    settings.put("max.block.ms", 5000);
    settings.put("request.timeout.ms", 10_000);
    settings.put("delivery.timeout.ms", 20_000);
    settings.put("linger.ms", 50);
    return settings;
  }

  static Object produce(JsonNode step) throws Exception {
    var settings = producerSettings();
    int acks = step.path("acks").asInt(-1);
    settings.put("acks", String.valueOf(acks));
    settings.put("compression.type", step.path("compression").asText("none"));
    settings.put("enable.idempotence", step.path("idempotent").asBoolean());
    Integer partition = step.has("partition") ? step.get("partition").asInt() : null;
    try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
      var sent = new ArrayList<Future<RecordMetadata>>();
      for (JsonNode one : step.get("records")) {
        Long timestamp = one.has("timestamp") ? one.get("timestamp").asLong() : null;
        byte[] value = one.has("size") ? bytes("x".repeat(one.get("size").asInt())) : bytes(one.path("value").textValue());
        var record = new ProducerRecord<>(topic(step), partition, timestamp, bytes(one.path("key").textValue()), value);
        for (JsonNode header : one.path("headers")) {
          record.headers().add(new RecordHeader(header.get(0).asText(), bytes(header.get(1).asText())));
        }
        sent.add(producer.send(record));
      }
      var placed = new TreeMap<Integer, long[]>();
      for (var one : sent) {
        var at = one.get(30, TimeUnit.SECONDS);
        long[] place = placed.computeIfAbsent(at.partition(), key -> new long[] {Long.MAX_VALUE, 0});
        place[0] = Math.min(place[0], at.offset());
        place[1] += 1;
      }
      if (acks == 0) return null;
      return placed.entrySet().stream().map(one -> List.of(one.getKey(), one.getValue()[0], one.getValue()[1])).toList();
    }
  }

  static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    var settings = new HashMap<String, Object>(Map.of(
      "bootstrap.servers", bootstrap,
      "key.deserializer", ByteArrayDeserializer.class,
      "value.deserializer", ByteArrayDeserializer.class,
      "enable.auto.commit", "false",
      "fetch.max.wait.ms", "100",
      "request.timeout.ms", "10000",
      "default.api.timeout.ms", "10000"));
    settings.putAll(more);
    return new KafkaConsumer<>(settings);
  }

  static Object consume(JsonNode step) throws Exception {
    String isolation = step.path("isolation").asText("read_uncommitted");
    try (var consumer = consumer(Map.of("auto.offset.reset", "none", "isolation.level", isolation))) {
      var at = new TopicPartition(topic(step), step.get("partition").asInt());
      consumer.assign(List.of(at));
      JsonNode offset = step.get("offset");
      if (offset.isObject()) {
        consumer.seek(at, consumer.offsetsForTimes(Map.of(at, offset.get("timestamp").asLong())).get(at).offset());
      } else if (offset.isNumber()) {
        consumer.seek(at, offset.asLong());
      } else if (offset.asText().equals("end")) {
        consumer.seek(at, consumer.endOffsets(List.of(at)).get(at) - step.path("back").asLong());
      } else {
        consumer.seekToBeginning(List.of(at));
      }
      return read(consumer, step);
    }
  }

  static List<Map<String, Object>> read(KafkaConsumer<byte[], byte[]> consumer, JsonNode step) {
    var got = new ArrayList<Map<String, Object>>();
    int count = step.get("count").asInt();
    boolean times = step.path("times").asBoolean();
    until(() -> {
      for (var record : consumer.poll(Duration.ofMillis(100))) if (got.size() < count) got.add(told(record, times));
      return got.size() >= count;
    }, step.path("patienceMs").asLong(PATIENCE_MS));
    return got;
  }

  static Map<String, Object> told(ConsumerRecord<byte[], byte[]> record, boolean times) {
    var one = new HashMap<String, Object>();
    one.put("partition", record.partition());
    one.put("offset", record.offset());
    one.put("key", text(record.key()));
    one.put("value", text(record.value()));
    var headers = new ArrayList<List<String>>();
    record.headers().forEach(header -> headers.add(List.of(header.key(), text(header.value()))));
    one.put("headers", headers);
    if (times) one.put("timestamp", record.timestamp());
    return one;
  }

  static Object offsets(JsonNode step) throws Exception {
    String at = step.get("at").asText();
    OffsetSpec spec = switch (at) {
      case "beginning" -> OffsetSpec.earliest();
      case "end" -> OffsetSpec.latest();
      case "max-timestamp" -> OffsetSpec.maxTimestamp();
      default -> OffsetSpec.forTimestamp(step.get("at").asLong());
    };
    var wanted = partitions(topic(step)).stream().collect(Collectors.toMap(one -> new TopicPartition(topic(step), one), one -> spec));
    var found = get(admin.listOffsets(wanted).all());
    return IntStream.range(0, wanted.size()).mapToObj(one -> found.get(new TopicPartition(topic(step), one)).offset()).toList();
  }

  static List<Integer> partitions(String topic) throws Exception {
    return get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream().map(one -> one.partition()).toList();
  }

  static Object groupConsume(JsonNode step) throws Exception {
    String protocol = step.path("protocol").asText("classic");
    try (var consumer = consumer(Map.of("group.id", group(step), "group.protocol", protocol, "auto.offset.reset", "earliest"))) {
      consumer.subscribe(List.of(topic(step)));
      var got = read(consumer, step);
      consumer.commitSync();
      got.sort(Comparator.comparing((Map<String, Object> one) -> (int) one.get("partition")).thenComparing(one -> (long) one.get("offset")));
      return got;
    }
  }

  /** Polls in a thread of its own until it leaves. */
  static class Member {
    volatile int partitions;
    volatile boolean leaving;
    final Thread thread;

    Member(String topic, String group, boolean cooperative) {
      String kind = cooperative ? "CooperativeStickyAssignor" : "RangeAssignor";
      var settings = new HashMap<String, Object>(Map.of("group.id", group, "auto.offset.reset", "earliest"));
      settings.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + kind);
      settings.put("heartbeat.interval.ms", 200);
      settings.put("session.timeout.ms", 10_000);
      thread = new Thread(() -> {
        try (var consumer = consumer(settings)) {
          consumer.subscribe(List.of(topic));
          while (!leaving) {
            consumer.poll(Duration.ofMillis(50));
            partitions = consumer.assignment().size();
          }
        }
      });
      thread.setDaemon(true);
      thread.start();
    }

    Object leave() throws InterruptedException {
      leaving = true;
      thread.join(PATIENCE_MS);
      return null;
    }
  }

  static Object share(JsonNode step) throws Exception {
    boolean cooperative = step.path("cooperative").asBoolean();
    var first = new Member(topic(step), group(step), cooperative);
    until(() -> first.partitions == 4);
    var second = new Member(topic(step), group(step), cooperative);
    until(() -> first.partitions == 2 && second.partitions == 2);
    var shared = List.of(first.partitions, second.partitions);
    first.leave();
    until(() -> second.partitions == 4);
    int alone = second.partitions;
    second.leave();
    return List.of(shared, alone);
  }

  static boolean until(BooleanSupplier isSo) {
    return until(isSo, PATIENCE_MS);
  }

  static boolean until(BooleanSupplier isSo, long limitMs) {
    long end = System.nanoTime() + limitMs * 1_000_000;
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() > end) return false;
      try {
        Thread.sleep(20);
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
    }
    return true;
  }

  static <T> T get(KafkaFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  static String topic(JsonNode step) {
    return step.get("topic").asText();
  }

  static String group(JsonNode step) {
    return step.get("group").asText();
  }

  static Map<String, String> texts(JsonNode object) {
    var all = new HashMap<String, String>();
    object.fields().forEachRemaining(one -> all.put(one.getKey(), one.getValue().asText()));
    return all;
  }

  static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] content) {
    if (content == null) return null;
    return content.length > 1000 ? content.length + " bytes" : new String(content, StandardCharsets.UTF_8);
  }
}
