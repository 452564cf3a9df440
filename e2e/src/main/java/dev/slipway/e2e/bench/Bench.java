package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code make bench}. Needs root, because the peers do. */
@Command(
    name = "bench",
    description = "Measures Slipway and its peers, and writes docs/benchmarks.md.",
    mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {
  static final List<String> ENGINES = List.of("slipway", "buildkit", "docker", "buildah", "kaniko");

  @Option(names = "--scenario", split = ",", description = "Only these; scaling-... are curves.")
  private List<String> scenarios = allSubjects();

  @Option(names = "--engines", split = ",", description = "Only these: ${DEFAULT-VALUE}.")
  private List<String> engines = ENGINES;

  @Option(
      names = "--runs",
      description = "Builds measured per engine: ${DEFAULT-VALUE}; 0 only writes the page again.")
  private int runs = 5;

  @Option(
      names = "--slow-runs",
      description = "Builds of an engine whose first took over 30 s (default: as --runs).")
  private int slowRuns = -1;

  @Option(names = "--budget", description = "Begin nothing that would end later, as in PT12M.")
  private @Nullable Duration budget;

  @Option(names = "--add", description = "Add to the samples of earlier runs.")
  private boolean add;

  @Option(names = "--work", description = "Where engines keep their state; deleted at the end.")
  private @Nullable Path work;

  @Option(names = "--samples", description = "Where samples are kept between runs.")
  private Path samplesFile = cache().resolve("samples.jsonl");

  @Option(names = "--tools", description = "Where buildkitd, buildctl and kaniko are.")
  private Path tools = cache().resolveSibling("tools").resolve("bin");

  @Option(names = "--write", description = "The page to write; none if empty.")
  private String page = "";

  private final Map<String, Double> lastCost = new HashMap<>();
  private final Map<String, String> missing = new LinkedHashMap<>();
  private long began;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  private static Path cache() {
    return Path.of(System.getProperty("user.home"), ".cache", "slipway", "bench");
  }

  private static List<String> allSubjects() {
    List<String> all = new ArrayList<>();
    Arrays.stream(Scenario.values()).map(Scenario::label).forEach(all::add);
    Arrays.stream(Scaling.values()).map(Scaling::label).forEach(all::add);
    return all;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    for (String name : scenarios) {
      if (!allSubjects().contains(name)) {
        System.err.println("bench: " + name + " is none of " + allSubjects());
        return 2;
      }
    }
    Path home = Path.of(System.getenv().getOrDefault("SLIPWAY_HOME", ".")).toAbsolutePath();
    Samples samples = new Samples(samplesFile, add || runs == 0);
    if (runs > 0 && !"root".equals(System.getProperty("user.name"))) {
      System.err.println("bench: the peers need root; run it as root");
      return 2;
    }
    if (runs > 0) {
      measure(home.resolve("slipway"), samples);
    }
    Page result = new Page(samples, missing);
    System.out.println(result.summary());
    if (!page.isEmpty()) {
      result.write(home.resolve(page));
    }
    return 0;
  }

  private void measure(Path launcher, Samples samples) throws IOException, InterruptedException {
    Program.of(launcher.toString(), "--version").run(); // builds it, if need be
    Files.createDirectories(cache());
    Path here = work == null ? Files.createTempDirectory("slipway-bench-") : work.toAbsolutePath();
    Files.createDirectories(here);
    Path data = here.resolve("registry");
    Program.of("cp", "-al", "" + new Bases(cache(), launcher).registryData(), "" + data).run();
    began = System.nanoTime();
    try (LocalRegistry registry = new LocalRegistry(here, data);
        Disk disk = new Disk(here)) {
      registry.keep();
      List<Engine> present = engines(here, disk.directory(), launcher, registry.host());
      for (String name : scenarios) {
        measure(name, present, registry, samples, here, disk);
      }
    } finally {
      Bases.delete(here);
    }
  }

  private List<Engine> engines(Path here, Path disk, Path launcher, String registry)
      throws IOException, InterruptedException {
    List<Engine> all =
        List.of(
            new Slipway(launcher, disk, registry),
            new BuildKit(tools, disk, here, registry),
            new Docker(disk, here, registry),
            new Buildah(disk),
            new Kaniko(tools, disk));
    List<Engine> present = new ArrayList<>();
    for (Engine engine : all) {
      Optional<String> why = engine.missing();
      if (why.isPresent()) {
        missing.put(engine.name(), why.get());
        System.err.println(engine.name() + " is missing: " + why.get());
      } else if (engines.contains(engine.name())) {
        present.add(engine);
      }
    }
    return present;
  }

  private void measure(
      String name,
      List<Engine> present,
      LocalRegistry registry,
      Samples samples,
      Path here,
      Disk disk)
      throws IOException, InterruptedException {
    for (Scaling scaling : Scaling.values()) {
      if (scaling.label().equals(name)) {
        scale(scaling, present, registry, samples, here, disk);
        return;
      }
    }
    Scenario scenario = Scenario.of(name);
    Path context = Files.createDirectories(here.resolve("context"));
    try {
      scenario.write(context, registry.host());
      Path java = Path.of(System.getProperty("java.home"), "bin", "java");
      if (samples.floor(scenario.label()).isEmpty()) {
        for (Map.Entry<String, Double> floor :
            Floor.of(scenario, context, disk, java, Math.min(runs, 3)).entrySet()) {
          samples.add(Sample.ofFloor(scenario.label(), floor.getKey(), floor.getValue()));
        }
      }
      List<Engine> order = new ArrayList<>(present);
      for (int run = 0; run < runs; run++) {
        for (Engine engine : order) {
          if (wanted(scenario, engine, run)) {
            sample(scenario, engine, registry, samples, here, disk, context);
          }
        }
        Collections.rotate(order, 1); // so that nobody is always first
      }
    } finally {
      Bases.delete(context);
    }
  }

  private boolean wanted(Scenario scenario, Engine engine, int run) {
    boolean local =
        scenario.start() == Scenario.Start.CHANGED || scenario.start() == Scenario.Start.UNCHANGED;
    if (local && engine instanceof Kaniko) {
      return false; // it has no local cache of steps
    }
    if (scenario.start().fresh() && !engine.hasRegistryCache()) {
      return false;
    }
    String cell = scenario.label() + " " + engine.name();
    Double cost = lastCost.get(cell);
    if (cost == null) {
      return inBudget(0);
    }
    return (slowRuns < 0 || cost < 30 || run < slowRuns) && inBudget(cost);
  }

  private boolean inBudget(double seconds) {
    return budget == null
        || (System.nanoTime() - began) / 1e9 + seconds < budget.toMillis() / 1000.0;
  }

  private void sample(
      Scenario scenario,
      Engine engine,
      LocalRegistry registry,
      Samples samples,
      Path here,
      Disk disk,
      Path context)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    String repository = "bench/" + scenario.label() + "-" + engine.name();
    Engine.Job job =
        new Engine.Job(
            context,
            registry.host() + "/" + repository + ":latest",
            scenario.start().fresh()
                ? Optional.of(registry.host() + "/" + repository + "-cache:cache")
                : Optional.empty());
    Path log = here.resolve(scenario.label() + "-" + engine.name() + ".log");
    registry.forget();
    disk.renew();
    try {
      engine.start();
      if (scenario.start() != Scenario.Start.COLD) {
        scenario.edit(context, 0);
        for (Program program : engine.build(job)) {
          int exit = program.start(log).waitFor();
          program.check(exit, Files.readString(log));
        }
        if (scenario.start().changed()) {
          scenario.edit(context, 1);
        }
      }
      if (scenario.start().fresh()) {
        engine.stop();
        disk.renew();
      }
      List<Program> programs = engine.build(job);
      Program.of("sync").run();
      Meter.Measured measured =
          Meter.measure(
              engine::daemons,
              log,
              starter -> {
                engine.start();
                for (Program program : programs) {
                  starter.run(program);
                }
              });
      registry.digest(repository, "latest");
      keep(samples, scenario.label(), engine, measured, shown(programs, here));
    } catch (IOException e) {
      missing.put(
          engine.name() + " in " + scenario.label(),
          String.valueOf(e.getMessage()).lines().reduce((a, b) -> b).orElse(""));
      System.err.println(scenario.label() + " " + engine.name() + " failed: " + e.getMessage());
    } finally {
      engine.stop();
    }
    lastCost.put(scenario.label() + " " + engine.name(), (System.nanoTime() - start) / 1e9);
  }

  private void scale(
      Scaling scaling,
      List<Engine> present,
      LocalRegistry registry,
      Samples samples,
      Path here,
      Disk disk)
      throws IOException, InterruptedException {
    for (int size : scaling.sizes()) {
      Path context = Files.createDirectories(here.resolve("context"));
      try {
        scaling.write(context, registry.host(), size);
        for (int run = 0; run < Math.min(runs, 3); run++) {
          for (Engine engine : present) {
            if (engine instanceof Slipway && inBudget(0)) {
              registry.forget();
              disk.renew();
              String repository = "bench/" + scaling.subject(size);
              String image = registry.host() + "/" + repository + ":latest";
              Engine.Job job = new Engine.Job(context, image, Optional.empty());
              Path log = here.resolve(scaling.subject(size) + ".log");
              List<Program> programs = engine.build(job);
              Meter.Measured measured =
                  Meter.measure(engine::daemons, log, starter -> starter.run(programs.getFirst()));
              registry.digest(repository, "latest");
              keep(samples, scaling.subject(size), engine, measured, List.of());
            }
          }
        }
      } finally {
        Bases.delete(context);
      }
    }
  }

  private static void keep(
      Samples samples,
      String subject,
      Engine engine,
      Meter.Measured measured,
      List<String> commands)
      throws IOException, InterruptedException {
    samples.add(
        new Sample(
            subject,
            engine.name(),
            engine.version(),
            measured.seconds(),
            measured.cpuSeconds(),
            measured.peakBytes(),
            measured.others(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            commands));
    System.err.printf(
        "%-18s %-9s %7.2f s  %7.2f s of processor  %5d MB  others %3.0f %%%n",
        subject,
        engine.name(),
        measured.seconds(),
        measured.cpuSeconds(),
        measured.peakBytes() >> 20,
        100 * measured.others());
  }

  /** Commands as another would type them: without places of this machine. */
  private List<String> shown(List<Program> programs, Path here) {
    return programs.stream()
        .map(program -> program.shown())
        .map(text -> text.replace(here.toString(), "$WORK").replace(tools.toString(), "$TOOLS"))
        .map(text -> text.replaceAll("[^ ]*/slipway build", "slipway build"))
        .map(text -> text.replaceAll("127\\.0\\.0\\.1:[0-9]+", "\\$REGISTRY"))
        .toList();
  }
}
