package dev.slipway.e2e.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** All samples, kept in a file of one JSON object a line so that a run can go on with another's. */
final class Samples {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<Sample> all = new ArrayList<>();

  /**
   * @param keep whether the samples of earlier runs count too
   */
  Samples(Path file, boolean keep) throws IOException {
    this.file = file;
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (!keep) {
      Files.deleteIfExists(file);
    } else if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        all.add(JSON.readValue(line, Sample.class));
      }
    }
  }

  void add(Sample sample) throws IOException {
    all.add(sample);
    Files.writeString(
        file,
        JSON.writeValueAsString(sample) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  List<Sample> of(String subject, String engine) {
    return all.stream()
        .filter(one -> one.subject().equals(subject) && one.engine().equals(engine))
        .toList();
  }

  /** All that are no floor. */
  List<Sample> builds() {
    return all.stream().filter(one -> !one.isFloor()).toList();
  }

  List<String> engines() {
    return all.stream()
        .filter(one -> !one.isFloor())
        .map(Sample::engine)
        .distinct()
        .sorted(Comparator.comparingInt(Bench.ENGINES::indexOf))
        .toList();
  }

  /** The least that each plain tool needed in a scenario. */
  Map<String, Double> floor(String subject) {
    Map<String, Double> least = new LinkedHashMap<>();
    all.stream()
        .filter(one -> one.isFloor() && one.subject().equals(subject))
        .forEach(one -> least.merge(one.engine(), one.seconds(), Math::min));
    return least;
  }

  /** The commands of the latest sample of a cell. */
  List<String> commands(String subject, String engine) {
    return of(subject, engine).stream()
        .reduce((_, later) -> later)
        .map(Sample::commands)
        .orElse(List.of());
  }

  /** The version that the latest sample of an engine was measured with. */
  String version(String engine) {
    return all.stream()
        .filter(one -> one.engine().equals(engine))
        .reduce((_, later) -> later)
        .map(Sample::version)
        .orElse("");
  }

  OptionalDouble median(String subject, String engine, ToDoubleFunction<Sample> what) {
    double[] sorted = of(subject, engine).stream().mapToDouble(what).sorted().toArray();
    return median(sorted);
  }

  static OptionalDouble median(double[] values) {
    if (values.length == 0) {
      return OptionalDouble.empty();
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }
}
