package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Writes {@code docs/benchmarks.md} and its plots from samples. */
final class Page {
  private static final String OURS = "slipway";
  private static final double MEMORY_GOAL = 0.7;

  private final Samples samples;
  private final Map<String, String> missing;

  Page(Samples samples, Map<String, String> missing) {
    this.samples = samples;
    this.missing = missing;
  }

  void write(Path page) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Benchmarks

        Written by `make bench`: the same Dockerfiles built by Slipway and its peers on one machine, from and to
        the same local docker-registry, gzip layers, in seconds from the start of the command to the pushed
        digest. Each build pushes to a registry that has the base images and none of the result, and keeps its state in a
        file system of its own. (ext4 does not use an inode within a minute of its deletion, and looks at each that it
        passes over: in one place, a build would pay for what the one before it had left, by up to 4 s.)

        `libisal2` is installed, which Slipway uses and its image has, and `pigz`, which BuildKit and docker use: BuildKit's
        image has it, Debian's docker.io recommends it. With `igzip`, which neither brings, they would be faster.

        """);
    text.append(machine()).append('\n');
    text.append(versions()).append('\n');
    text.append("## Seconds\n\n").append(ratios()).append('\n');
    text.append(
        "Medians; in brackets the least and the most, and the number of builds: fewer where one takes"
            + " over half a minute. *Ratio* is that of Slipway to the best peer. "
            + others()
            + "\n\n");
    text.append(
        """
        What bounds it:

        - *One file changed, nothing changed.* Most of it is a start. Of the 0.3 s that a build with nothing to
          do takes, 70 ms are the launcher and an empty JVM, 40 the first native call (method handles that no start-up cache
          keeps), 100 the build, whose code runs once: about 120 classes that the JVM makes for pattern switches, method
          handles and lambdas. It is 40 ms less since the command line is declared by calls: for annotations the JDK makes a
          class for each kind, and a method handle for each field. Before that it was 1,090 million instructions, and before
          that 1,960: 290 for the directories of 37 jars, read by whoever looks for something that is not there
          (providers of SLF4J, logback, java.util.logging, selectors, name resolvers; Groovy), 200 because picocli's class
          files were too old for the start-up cache, 210 for the date formats of Jackson's `ObjectMapper`, 140 for the table
          that the first `BigDecimal` makes. Tried and kept before: ending the process at once (a JVM that has used virtual
          threads for the network waits 0.3 s for their poller), a start-up cache trained on whole builds, a warm-up
          beside the command line, no zstd and no reflection on the way. Tried, and worth nothing: another garbage
          collector setting, no relocation of the start-up cache, C1 only, no compiler, other thresholds, no replay of what
          the training compiled, compact object headers, native calls without specialized stubs (90 million more).
        - *Onto a base* nothing is copied, and no layer of it is sent or unpacked. But each is read once, because a
          layer says whether the destination is a link or a directory; and to stop at the upper layers is no way: that
          nothing is there, which is the usual answer, only all layers together say. That is 740 MB to hash and to
          decompress: of 3.2 s of processor, ISA-L takes 1.1 and SHA-256 0.6. A store that has seen the base knows it
          without reading.
        - *Compiling in a fresh stage*: both cores are busy from the first byte of the base to the last. Of 3 s of processor,
          ISA-L takes 0.7 (zlib took 1.4), SHA-256 0.4 (of what comes and of what it unpacks to), the kernel 0.6 (11,000
          files), the JVM's interpreter and compilers 0.8: a loop that runs for half a second is compiled as it ends. Less
          or more patience of the compilers (`CompileThresholdScaling` 0.5 to 8), a start-up cache trained on unpacking: worth
          nothing.
        - *Ten stages*: of 8 s of processor, 5.9 are the loops themselves, which are 2.9 s on two cores whoever builds.
          Before the first of them the base is unpacked, after each a layer is made and sent.
        - *Sixty steps*: each costs 30 ms of processor, and 25 ms of time: a process in namespaces of its own, the mounts,
          the layer and its upload; the rest is the base, unpacked before the first. Most of it is code that sixty steps run
          sixty times, too seldom for a compiler.
        - *Nothing changed, fresh machine*: a start, again; a daemon written in Go starts in less than a JVM.
        - *What does not compress* is sent while it is being made; what is left is the registry, which writes and hashes
          it at the same time on the same two cores. A single PUT of the same 1 GB by `curl` takes it 3.5 to 3.9 s of
          processor, all on one thread: no push of it to this registry can be faster. Ours are 4.3 to 4.7 s of it, beside
          2.3 s here for three SHA-256: of the files for the step's key, of the tar, of the blob.
        - *Memory*: of 80 MB, 32 are the start-up cache and 18 the code of the JVM, shared with others from the same image.
        - The registry is on the same machine: over a network, what an engine moves costs more than here.

        """);
    text.append("## Processor seconds\n\n")
        .append(table(Sample::cpuSeconds, "%.2f"))
        .append(
            "\nOf the client, the daemon and all that they started, without the registry: what a"
                + " loaded machine would see.\n\n");
    text.append("## Peak memory (MB)\n\n")
        .append(memory())
        .append(
            "\nThe largest sum of the resident memory of all those processes, looked at every 25"
                + " ms. The goal is a ratio of at most 0.7.\n\n");
    text.append(floorTable());
    text.append(scaling(page));
    text.append(repeat());
    Files.createDirectories(page.toAbsolutePath().getParent());
    Files.writeString(page, text.toString());
  }

  /** How quiet the machine was. */
  private String others() {
    List<Double> shares = samples.builds().stream().map(Sample::others).sorted().toList();
    return shares.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "Meanwhile everything else on the machine, the registry included, used %.0f %% of its"
                + " processors (median; %.0f to %.0f).",
            100 * shares.get(shares.size() / 2),
            100 * shares.getFirst(),
            100 * shares.getLast());
  }

  /** For the terminal. */
  String summary() {
    return ratios();
  }

  private List<String> peers() {
    return samples.engines().stream().filter(name -> !name.equals(OURS)).toList();
  }

  private String ratios() {
    List<String> peers = peers();
    StringBuilder text = new StringBuilder("| Scenario | slipway |");
    peers.forEach(peer -> text.append(' ').append(peer).append(" |"));
    text.append(" Ratio | Goal | |\n|---|---|").append("---|".repeat(peers.size() + 3));
    text.append('\n');
    for (Scenario scenario : Scenario.values()) {
      String label = scenario.label();
      OptionalDouble ours = samples.median(label, OURS, Sample::seconds);
      OptionalDouble best = best(label, peers);
      if (ours.isEmpty() && best.isEmpty()) {
        continue;
      }
      text.append("| ").append(scenario.title()).append(" | ").append(seconds(label, OURS));
      peers.forEach(peer -> text.append(" | ").append(seconds(label, peer)));
      Optional<Double> ratio =
          ours.isPresent() && best.isPresent()
              ? Optional.of(ours.getAsDouble() / best.getAsDouble())
              : Optional.empty();
      text.append(" | ").append(ratio.map(Page::two).orElse("-"));
      text.append(" | ")
          .append(goal(scenario))
          .append(" | ")
          .append(verdict(scenario, ours, ratio));
      text.append(" |\n");
    }
    return text.toString();
  }

  private OptionalDouble best(String label, List<String> peers) {
    return peers.stream()
        .map(peer -> samples.median(label, peer, Sample::seconds))
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .min();
  }

  private static String goal(Scenario scenario) {
    return switch (scenario.goal()) {
      case Scenario.Goal.OfBest of -> "<= " + of.ratio();
      case Scenario.Goal.Seconds at -> "< " + at.seconds() + " s";
    };
  }

  private static String verdict(Scenario scenario, OptionalDouble ours, Optional<Double> ratio) {
    if (ours.isEmpty()) {
      return "";
    }
    return switch (scenario.goal()) {
      case Scenario.Goal.OfBest of ->
          ratio.map(value -> value <= of.ratio() ? "met" : "missed").orElse("");
      case Scenario.Goal.Seconds at -> ours.getAsDouble() < at.seconds() ? "met" : "missed";
    };
  }

  private String seconds(String label, String engine) {
    List<Sample> all = samples.of(label, engine);
    if (all.isEmpty()) {
      return "-";
    }
    List<Double> sorted = all.stream().map(Sample::seconds).sorted().toList();
    return two(samples.median(label, engine, Sample::seconds).orElseThrow())
        + (all.size() == 1
            ? " (1)"
            : " ("
                + two(sorted.getFirst())
                + "–"
                + two(sorted.getLast())
                + ", "
                + all.size()
                + ")");
  }

  private String table(java.util.function.ToDoubleFunction<Sample> what, String format) {
    List<String> all = new ArrayList<>(List.of(OURS));
    all.addAll(peers());
    StringBuilder text = new StringBuilder("| Scenario |");
    all.forEach(name -> text.append(' ').append(name).append(" |"));
    text.append("\n|---|").append("---|".repeat(all.size())).append('\n');
    for (Scenario scenario : Scenario.values()) {
      text.append("| ").append(scenario.title()).append(" |");
      for (String name : all) {
        OptionalDouble value = samples.median(scenario.label(), name, what);
        text.append(' ')
            .append(
                value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "-")
            .append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private String memory() {
    List<String> peers = peers();
    StringBuilder text = new StringBuilder("| Scenario | slipway |");
    peers.forEach(peer -> text.append(' ').append(peer).append(" |"));
    text.append(" Ratio | |\n|---|---|").append("---|".repeat(peers.size() + 2)).append('\n');
    for (Scenario scenario : Scenario.values()) {
      String label = scenario.label();
      OptionalDouble ours = samples.median(label, OURS, Sample::peakBytes);
      OptionalDouble best =
          peers.stream()
              .map(peer -> samples.median(label, peer, Sample::peakBytes))
              .filter(OptionalDouble::isPresent)
              .mapToDouble(OptionalDouble::getAsDouble)
              .min();
      text.append("| ").append(scenario.title()).append(" | ").append(megabytes(ours));
      for (String peer : peers) {
        text.append(" | ").append(megabytes(samples.median(label, peer, Sample::peakBytes)));
      }
      if (ours.isPresent() && best.isPresent()) {
        double ratio = ours.getAsDouble() / best.getAsDouble();
        text.append(" | ").append(two(ratio));
        text.append(ratio <= MEMORY_GOAL ? " | met |\n" : " | missed |\n");
      } else {
        text.append(" | - | |\n");
      }
    }
    return text.toString();
  }

  private static String megabytes(OptionalDouble bytes) {
    return bytes.isPresent() ? Long.toString(Math.round(bytes.getAsDouble() / (1 << 20))) : "-";
  }

  private String versions() throws IOException {
    StringBuilder text = new StringBuilder("| Engine | Version |\n|---|---|\n");
    for (String engine : samples.engines()) {
      text.append("| ").append(engine).append(" | ").append(samples.version(engine)).append(" |\n");
    }
    missing.forEach((engine, why) ->
        text.append("| ").append(engine).append(" | missing: ").append(why).append(" |\n"));
    return text.toString();
  }

  private static String machine() throws IOException {
    String model =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .findFirst()
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .orElse(System.getProperty("os.arch"));
    String memory =
        Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("[^0-9]", "");
    return "Machine: "
        + Runtime.getRuntime().availableProcessors()
        + " cores ("
        + model
        + "), "
        + Long.parseLong(memory) / (1 << 20)
        + " GB of memory, Linux "
        + System.getProperty("os.version")
        + ", Java "
        + Runtime.version()
        + ".\n";
  }

  private String floorTable() {
    StringBuilder text = new StringBuilder();
    for (Scenario scenario : Scenario.values()) {
      samples
          .floor(scenario.label())
          .forEach((what, seconds) ->
              text.append("| %s | %s | %s |%n".formatted(scenario.title(), what, two(seconds))));
    }
    return text.isEmpty()
        ? ""
        : "## The floor\n\nWhat plain tools need for the same bytes, warm.\n\n"
            + "| Scenario | Tool | Seconds |\n|---|---|---|\n"
            + text
            + "\n";
  }

  private String scaling(Path page) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Scaling scaling : Scaling.values()) {
      List<Integer> sizes =
          scaling.sizes().stream()
              .filter(size -> !samples.of(scaling.subject(size), OURS).isEmpty())
              .sorted(Comparator.naturalOrder())
              .toList();
      if (sizes.size() < 2) {
        continue;
      }
      List<Plot.Point> times = new ArrayList<>();
      List<Plot.Point> memory = new ArrayList<>();
      StringBuilder rows = new StringBuilder();
      for (int size : sizes) {
        String subject = scaling.subject(size);
        double seconds = samples.median(subject, OURS, Sample::seconds).orElseThrow();
        double cpu = samples.median(subject, OURS, Sample::cpuSeconds).orElseThrow();
        double peak = samples.median(subject, OURS, Sample::peakBytes).orElseThrow() / (1 << 20);
        times.add(new Plot.Point(size, seconds));
        memory.add(new Plot.Point(size, peak));
        rows.append("| %,d | %.2f | %.2f | %.0f |%n".formatted(size, seconds, cpu, peak));
      }
      String name = scaling.label();
      plot(page, name + "-seconds.svg", scaling.title(), "seconds", times);
      plot(page, name + "-memory.svg", scaling.title(), "peak memory, MB", memory);
      text.append("### ").append(scaling.title()).append("\n\n");
      text.append("![seconds](benchmarks/").append(name).append("-seconds.svg) ");
      text.append("![memory](benchmarks/").append(name).append("-memory.svg)\n\n");
      text.append("| Size | Seconds | Processor seconds | Peak memory (MB) |\n|---|---|---|---|\n");
      text.append(rows).append('\n');
    }
    return text.isEmpty()
        ? ""
        : "## Scaling\n\nCold builds of Slipway; the dashed line is what would be proportional to the size.\n\n"
            + text;
  }

  private static void plot(
      Path page, String name, String xTitle, String yTitle, List<Plot.Point> points)
      throws IOException {
    Path file = page.toAbsolutePath().resolveSibling("benchmarks").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, Plot.svg(yTitle + " by " + xTitle, xTitle, yTitle, points));
  }

  private String repeat() {
    StringBuilder text =
        new StringBuilder(
            """
            ## To repeat it

            ```console
            $ make bench                                             # all of it, five runs each; needs root
            $ make bench ARGS="--scenario=one-file --runs=1 --engines=slipway,buildkit"
            $ make bench ARGS="--runs=3 --slow-runs=1 --budget=PT12M --add"
            ```

            `make bench-tools` builds BuildKit and kaniko from their Go modules; docker.io and buildah are Debian's.
            A cold build finds a running daemon that was just started with an empty state. On a fresh machine the
            start of the daemon is part of the time. Commands, as they were measured:

            """);
    for (Scenario scenario : Scenario.values()) {
      for (String engine : samples.engines()) {
        List<String> lines = samples.commands(scenario.label(), engine);
        if (!lines.isEmpty()) {
          text.append("- ").append(scenario.label()).append(", ").append(engine).append(":\n");
          lines.forEach(line -> text.append("  `").append(line).append("`\n"));
        }
      }
    }
    return text.toString();
  }

  private static String two(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
