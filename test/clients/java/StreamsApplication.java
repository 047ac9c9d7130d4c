// A Kafka Streams application: counts words through a repartition topic and a store with its changelog.

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

public class StreamsApplication {
  public static void main(String[] args) throws Exception {
    var operations = new HashMap<String, JavaClient.Operation>();
    var client = JavaClient.connect(args);
    for (String op : List.of("createTopic", "produce", "listTopics", "deleteTopic", "listGroups")) operations.put(op, client.get(op));
    operations.put("countWords", StreamsApplication::countWords);
    JavaClient.serve(operations);
  }

  /** Runs until as many counts are in the second topic as were asked for; the last count of each word. */
  static Object countWords(JsonNode step) throws Exception {
    String to = step.get("to").asText();
    Path state = Files.createTempDirectory("mqchaos-streams-");
    var settings = new Properties();
    settings.putAll(Map.of(
      "application.id", step.get("group").asText(),
      "bootstrap.servers", JavaClient.bootstrap,
      "state.dir", state.toString(),
      "processing.guarantee", step.path("guarantee").asText("at_least_once"),
      "default.key.serde", Serdes.StringSerde.class.getName(),
      "default.value.serde", Serdes.StringSerde.class.getName(),
      "commit.interval.ms", 200,
      "statestore.cache.max.bytes", 0));
    settings.put("replication.factor", -1);
    settings.put("producer.max.block.ms", 10_000);
    var builder = new StreamsBuilder();
    builder.<String, String>stream(JavaClient.topic(step))
      .flatMapValues(line -> List.of(line.split(" ")))
      .groupBy((key, word) -> word)
      .count(Materialized.as("counts"))
      .toStream()
      .mapValues(String::valueOf)
      .to(to, Produced.with(Serdes.String(), Serdes.String()));
    var failed = new CompletableFuture<Throwable>();
    try (var streams = new KafkaStreams(builder.build(), settings)) {
      streams.setUncaughtExceptionHandler(error -> {
        failed.complete(error);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      streams.start();
      var counts = new TreeMap<String, String>();
      try (var consumer = JavaClient.consumer(Map.of("auto.offset.reset", "earliest", "group.id", to))) {
        consumer.assign(List.of(new org.apache.kafka.common.TopicPartition(to, 0)));
        consumer.seekToBeginning(consumer.assignment());
        int[] seen = {0};
        JavaClient.until(() -> {
          for (var record : consumer.poll(Duration.ofMillis(100))) {
            seen[0] += 1;
            counts.put(JavaClient.text(record.key()), JavaClient.text(record.value()));
          }
          return seen[0] >= step.get("count").asInt() || failed.isDone();
        }, 40_000);
      }
      if (failed.isDone()) throw root(failed.get());
      streams.close(Duration.ofSeconds(10));
      return counts;
    } finally {
      try (var files = Files.walk(state)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
  }

  static Exception root(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) cause = cause.getCause();
    return cause instanceof Exception known ? known : new IllegalStateException(cause);
  }
}
