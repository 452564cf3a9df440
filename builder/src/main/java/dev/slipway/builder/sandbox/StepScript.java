package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.ChildScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What every step's process does last, in every tier: limits, identity, privileges, program. */
final class StepScript {
  /** A step that ends where its program would begin: whoever opens a sandbox tries it. */
  static final Command PROBE = Command.of(List.of("(probe)"), Map.of());

  private static final int UMASK = 022;

  /** RLIMIT_* of asm-generic, by docker's names. */
  private static final Map<String, Integer> LIMITS =
      Map.ofEntries(
          Map.entry("cpu", 0),
          Map.entry("fsize", 1),
          Map.entry("data", 2),
          Map.entry("stack", 3),
          Map.entry("core", 4),
          Map.entry("rss", 5),
          Map.entry("nproc", 6),
          Map.entry("nofile", 7),
          Map.entry("memlock", 8),
          Map.entry("as", 9),
          Map.entry("locks", 10),
          Map.entry("sigpending", 11),
          Map.entry("msgqueue", 12),
          Map.entry("nice", 13),
          Map.entry("rtprio", 14),
          Map.entry("rttime", 15));

  private final ChildScript script;
  private final Command command;

  StepScript(ChildScript script, Command command) {
    this.script = script;
    this.command = command;
  }

  /** Refuses a limit that does not exist, before anything is started. */
  static void check(Command command) {
    for (Command.Ulimit limit : command.ulimits()) {
      if (!LIMITS.containsKey(limit.name())) {
        throw new BuildException(
            ErrorCode.USAGE,
            "--ulimit %s is not known; use one of %s"
                .formatted(limit.name(), LIMITS.keySet().stream().sorted().toList()));
      }
    }
  }

  /** The kernel kills a step before it kills the builder. */
  void firstVictim(int adjustment) {
    script.tolerating().write("/proc/self/oom_score_adj", Integer.toString(adjustment));
  }

  void limits() {
    for (Command.Ulimit limit : command.ulimits()) {
      Integer resource = LIMITS.get(limit.name());
      if (resource != null) {
        script.limit(resource, limit.name(), limit.soft(), limit.hard());
      }
    }
    // A core dump is no part of an image.
    if (command.ulimits().stream().noneMatch(limit -> limit.name().equals("core"))) {
      script.tolerating();
      script.limit(4, "core", 0, 0);
    }
  }

  /**
   * Becomes the step's user.
   *
   * @param own what the builder has
   * @param capabilities the most that any program of the step can ever have
   * @param groups whether supplementary groups can be set here
   */
  void identity(long own, long capabilities, boolean groups) {
    // The bounding set first, while we may: it holds for set-user-ID programs too.
    for (int number = 0; number < Capability.COUNT; number++) {
      if ((capabilities & (1L << number)) == 0) {
        script.dropFromBoundingSet(number);
      }
    }
    script.capabilities(own & capabilities);
    Command.User user = command.user();
    if (groups) {
      script.groups(user.groups());
    }
    script.gid(user.gid());
    script.uid(user.uid());
    script.dieWithParent();
  }

  /**
   * Leaves for the program; descriptors above standard error are closed before any path is used.
   */
  void program() {
    if (PROBE.equals(command)) {
      script.exit(0);
      return;
    }
    script.closeFrom(3);
    script.changeDirectory(command.workdir());
    script.umask(UMASK);
    script.defaultSignals();
    List<String> environment = new ArrayList<>();
    command.environment().forEach((name, value) -> environment.add(name + "=" + value));
    script.execute(candidates(command), command.argv(), environment);
  }

  /** Where the program may be, as execvp(3) looks for it. */
  static List<String> candidates(Command command) {
    String program = command.argv().getFirst();
    if (program.contains("/") || program.isEmpty()) {
      return List.of(program);
    }
    String path = command.environment().getOrDefault("PATH", Command.DEFAULT_PATH);
    List<String> candidates = new ArrayList<>();
    for (String directory : path.split(":", -1)) {
      candidates.add((directory.isEmpty() ? "." : directory) + "/" + program);
    }
    return candidates;
  }
}
