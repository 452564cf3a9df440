package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a cluster does to its machine, written to a file before it is done, so that any later
 * process can undo it: after a crash, a kill, or a {@code make cluster} whose starter is long gone.
 */
final class Footprint {
  private static final String FILE = "footprint";
  private static final String SEPARATOR = "\t";
  private static final String PROCESS = "process";
  private static final String COMMAND = "command";
  private static final String RULE = "rule";
  private static final String CONTROL_GROUP = "control-group";
  private static final Path CONTROL_GROUPS = Path.of("/sys/fs/cgroup");

  private final Path file;

  private Footprint(Path file) {
    this.file = file;
  }

  static Footprint in(Path directory) {
    return new Footprint(directory.resolve(FILE));
  }

  /** A process to be killed, with all that is in its PID namespace if it is the first of one. */
  void process(ProcessHandle process) throws IOException {
    // The start tells it from a later process of the same number.
    write(PROCESS, List.of(Long.toString(process.pid()), start(process)));
  }

  /** A command that undoes what has just been done. */
  void command(String... undo) throws IOException {
    write(COMMAND, List.of(undo));
  }

  /** A rule to be taken away, whether or not it has come to be there. */
  void rule(PacketRule rule) throws IOException {
    write(RULE, rule.words());
  }

  /** A control group of every hierarchy, to be removed with all that is below it. */
  void controlGroup(String name) throws IOException {
    write(CONTROL_GROUP, List.of(name));
  }

  private synchronized void write(String kind, List<String> fields) throws IOException {
    Files.writeString(
        file,
        kind + SEPARATOR + String.join(SEPARATOR, fields) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /**
   * Undoes everything, the last first, as far as it goes; what is already gone is fine.
   *
   * @return what could not be undone, one sentence each
   */
  synchronized List<String> undo() throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    List<String> left = new ArrayList<>();
    killUnwritten();
    for (String line : lines.reversed()) {
      String[] fields = line.split(SEPARATOR, -1);
      List<String> rest = List.of(fields).subList(1, fields.length);
      try {
        switch (fields[0]) {
          case PROCESS -> kill(Long.parseLong(rest.get(0)), rest.get(1));
          case COMMAND -> Commands.run(rest);
          case RULE -> PacketRule.of(rest).remove();
          case CONTROL_GROUP -> removeControlGroup(rest.getFirst());
          default -> throw new IOException("unknown line in " + file + ": " + line);
        }
      } catch (IOException e) {
        left.add(String.valueOf(e.getMessage()));
      }
    }
    Files.delete(file);
    return left;
  }

  /** Whoever was killed between a start and its line here left a program that works in there. */
  private void killUnwritten() {
    String inside = file.toAbsolutePath().getParent() + "/";
    ProcessHandle self = ProcessHandle.current();
    ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(inside))
        .filter(process -> !isOrStarted(process, self))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean isOrStarted(ProcessHandle process, ProcessHandle descendant) {
    return process.equals(descendant)
        || descendant.parent().map(parent -> isOrStarted(process, parent)).orElse(false);
  }

  private static void kill(long pid, String start) throws IOException {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isEmpty() || !start(process.get()).equals(start)) {
      return;
    }
    process.get().destroyForcibly();
    Waiting.until(
        "process " + pid + " is gone", Duration.ofSeconds(30), () -> !process.get().isAlive());
  }

  private static String start(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("");
  }

  private static void removeControlGroup(String name) throws IOException {
    List<Path> roots = new ArrayList<>(List.of(CONTROL_GROUPS.resolve(name)));
    try (Stream<Path> hierarchies = Files.list(CONTROL_GROUPS)) {
      hierarchies.map(hierarchy -> hierarchy.resolve(name)).forEach(roots::add);
    }
    for (Path root : roots) {
      if (Files.isDirectory(root)) {
        Waiting.until(root + " is removed", Duration.ofSeconds(20), () -> removeDirectories(root));
      }
    }
  }

  /** The files of a control group go with its directory, and cannot be deleted themselves. */
  private static boolean removeDirectories(Path root) throws IOException {
    List<Path> directories;
    try (Stream<Path> walk = Files.walk(root)) {
      directories = walk.filter(Files::isDirectory).toList();
    } catch (java.io.UncheckedIOException e) {
      return false; // one went while we looked
    }
    for (Path directory : directories.reversed()) {
      try {
        Files.deleteIfExists(directory);
      } catch (IOException e) {
        return false; // a process in it is still ending
      }
    }
    return true;
  }
}
