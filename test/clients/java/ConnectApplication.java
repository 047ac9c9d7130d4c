// Kafka Connect, a standalone worker: lines of a file to a topic, and from the topic to another file.

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.TimeUnit;

public class ConnectApplication {
  public static void main(String[] args) throws Exception {
    var operations = new HashMap<String, JavaClient.Operation>();
    var client = JavaClient.connect(args);
    for (String op : List.of("createTopic", "consume", "offsets")) operations.put(op, client.get(op));
    operations.put("copyFile", ConnectApplication::copyFile);
    JavaClient.serve(operations);
  }

  /** Copies lines through the topic by a worker in a process of its own; what came out. */
  static Object copyFile(JsonNode step) throws Exception {
    Path folder = Files.createTempDirectory("mqchaos-connect-");
    try {
      var lines = new ArrayList<String>();
      for (JsonNode line : step.get("lines")) lines.add(line.asText());
      Path from = Files.write(folder.resolve("from.txt"), lines);
      Path to = folder.resolve("to.txt");
      String converter = "org.apache.kafka.connect.storage.StringConverter";
      Path worker = properties(folder.resolve("worker.properties"), Map.of(
        "bootstrap.servers", JavaClient.bootstrap,
        "key.converter", converter,
        "value.converter", converter,
        "offset.storage.file.filename", folder.resolve("offsets").toString(),
        "offset.flush.interval.ms", "500",
        "plugin.discovery", "service_load",
        "listeners", "http://127.0.0.1:0"));
      Path source = properties(folder.resolve("source.properties"), Map.of(
        "name", "source-" + JavaClient.topic(step),
        "connector.class", "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file", from.toString(),
        "topic", JavaClient.topic(step)));
      Path sink = properties(folder.resolve("sink.properties"), Map.of(
        "name", "sink-" + JavaClient.topic(step),
        "connector.class", "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "file", to.toString(),
        "topics", JavaClient.topic(step)));
      var process = new ProcessBuilder(
        "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.apache.logging.log4j.level=ERROR",
        "-cp", System.getProperty("java.class.path"), "org.apache.kafka.connect.cli.ConnectStandalone",
        worker.toString(), source.toString(), sink.toString());
      process.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
      Process running = process.start();
      try {
        JavaClient.until(() -> read(to).size() >= lines.size() || !running.isAlive(), 50_000);
        var out = read(to);
        if (out.size() < lines.size()) System.err.println(Files.readString(folder.resolve("log")));
        return Map.of("lines", out);
      } finally {
        running.destroy();
        if (!running.waitFor(10, TimeUnit.SECONDS)) running.destroyForcibly().waitFor();
      }
    } finally {
      try (var files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
  }

  static Path properties(Path file, Map<String, String> settings) throws IOException {
    return Files.write(file, settings.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue()).toList());
  }

  static List<String> read(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }
}
