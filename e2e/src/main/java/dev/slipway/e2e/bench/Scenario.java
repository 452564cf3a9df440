package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What is built, from which state, and what we want of it. */
enum Scenario {
  C_PROGRAM(
      "Cold: a C program compiled in a 365 MB stage, copied onto a 165 MB base", Start.COLD, 0.4),
  ONE_FILE("COPY of one file onto a 1 GB base, nothing else", Start.COLD, 0.1),
  SMALL_FILES("COPY of 100,000 small files (400 MB on disk)", Start.COLD, 0.2),
  INCOMPRESSIBLE("COPY of 1 GB that does not compress", Start.COLD, 0.15),
  TEN_STAGES("Ten independent stages with 0.6 s of work each", Start.COLD, 0.7),
  SIXTY_RUNS("60 chained trivial RUN steps", Start.COLD, 0.3),
  CHANGED_LOCAL("One source file changed, local cache", Start.CHANGED, 0.5),
  CHANGED_FRESH(
      "One source file changed, fresh machine with a registry cache", Start.CHANGED_FRESH, 0.5),
  UNCHANGED("Nothing changed, peers as warm daemons", Start.UNCHANGED, 1.0),
  UNCHANGED_FRESH(
      "Nothing changed, fresh machine, daemon started from nothing, registry cache",
      Start.UNCHANGED_FRESH,
      0.7);

  private final String title;
  private final Start start;
  private final double goal;

  Scenario(String title, Start start, double goal) {
    this.title = title;
    this.start = start;
    this.goal = goal;
  }

  /** What an engine has when the clock starts. */
  enum Start {
    /** A running daemon that knows no base and no step. */
    COLD,
    /** A running daemon that has just built the same. */
    UNCHANGED,
    /** As before, and then one source file was edited. */
    CHANGED,
    /** Nothing, not even a daemon; the registry has a cache of the same build. */
    UNCHANGED_FRESH,
    /** As before, and then one source file was edited. */
    CHANGED_FRESH;

    boolean fresh() {
      return this == UNCHANGED_FRESH || this == CHANGED_FRESH;
    }

    boolean changed() {
      return this == CHANGED || this == CHANGED_FRESH;
    }
  }

  /** What Slipway is to reach. */
  sealed interface Goal {
    /** A part of what the best peer needs. */
    record OfBest(double ratio) implements Goal {}

    /** At most so long, whatever others need. */
    record Seconds(double seconds) implements Goal {}
  }

  String title() {
    return title;
  }

  Start start() {
    return start;
  }

  Goal goal() {
    return start == Start.UNCHANGED ? new Goal.Seconds(goal) : new Goal.OfBest(goal);
  }

  /** As on the command line. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Scenario of(String label) {
    for (Scenario scenario : values()) {
      if (scenario.label().equals(label)) {
        return scenario;
      }
    }
    throw new IllegalArgumentException(
        label + " is none of " + List.of(values()).stream().map(Scenario::label).toList());
  }

  /** Writes the context into an empty directory. */
  void write(Path context, String registry) throws IOException {
    String debian = registry + "/" + Bases.DEBIAN;
    String compiler = registry + "/" + Bases.COMPILER;
    switch (this) {
      case C_PROGRAM -> Contexts.program(context, compiler, debian);
      case ONE_FILE -> Contexts.oneFile(context, registry + "/" + Bases.LARGE);
      case SMALL_FILES -> Contexts.smallFiles(context, debian, 100_000);
      case INCOMPRESSIBLE -> Contexts.incompressible(context, debian, 1024);
      case TEN_STAGES -> Contexts.stages(context, debian, 10, 600_000);
      case SIXTY_RUNS -> Contexts.chain(context, debian, 60);
      case CHANGED_LOCAL, CHANGED_FRESH, UNCHANGED, UNCHANGED_FRESH ->
          Contexts.project(context, compiler, debian);
    }
  }

  /** Edits one source file; {@code edit} 0 is how {@link #write} left it. */
  void edit(Path context, int edit) throws IOException {
    Contexts.write(context.resolve("main.c"), Contexts.source(edit));
  }
}
