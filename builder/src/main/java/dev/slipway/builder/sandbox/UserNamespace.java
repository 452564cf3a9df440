package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Child;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Pipe;
import dev.slipway.builder.linux.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The user namespace that a builder without SYS_ADMIN must be in before its JVM starts: the kernel
 * refuses CLONE_NEWUSER to a process with threads, so the builder executes itself anew, in the same
 * process, through {@code unshare} of util-linux.
 */
public final class UserNamespace {
  /** Set to anything, it keeps the builder where it is. The second start has it too. */
  private static final String STAY = "SLIPWAY_NO_USERNS";

  /** Who the builder was before it entered a user namespace. */
  private static final String OUTER_UID = "SLIPWAY_OUTER_UID";

  private static final List<String> DIRECTORIES = List.of("/usr/bin", "/bin");

  /** How to map ids. */
  enum Kind {
    /** Every id that this user namespace has, onto itself: written by a process that stays here. */
    EVERY,
    /** Root onto this user, and a range that {@code /etc/subuid} grants, by newuidmap. */
    RANGE,
    /** Root onto this user, and nobody else. */
    SINGLE
  }

  private UserNamespace() {}

  /** Whether this process is in a user namespace because the builder asked for one. */
  static boolean enteredByBuilder() {
    return System.getenv(OUTER_UID) != null;
  }

  /**
   * Executes this program anew in a user namespace, if that makes a stronger sandbox possible; then
   * it never returns. It returns where there is nothing to gain or nothing to be done. To be called
   * first of all: nothing of the running program survives, and no shutdown hook runs.
   *
   * @throws BuildException with code SANDBOX if the namespace is possible, but cannot be entered
   */
  public static void enter() {
    if (System.getenv(STAY) != null) {
      return;
    }
    try {
      Privileges privileges = Privileges.current();
      if (privileges.has(Capability.SYS_ADMIN) || refusal().isPresent()) {
        return;
      }
      Optional<Path> unshare = program("unshare");
      if (unshare.isPresent()) {
        execute(kind(privileges), unshare.get(), privileges.uid());
      }
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot enter a user namespace: " + e.getMessage(), e);
    }
  }

  /** Why this process cannot make a user namespace; empty if it can. */
  static Optional<String> refusal() {
    try (ChildScript script = new ChildScript()) {
      script.exit(0);
      try (Child child = script.start(ChildScript.NEW_USERS | ChildScript.NEW_MOUNTS)) {
        child.reap();
      }
      return Optional.empty();
    } catch (LinuxException e) {
      return Optional.of(
          "user namespaces are refused here ("
              + e.getMessage()
              + "): see sysctl user.max_user_namespaces and kernel.unprivileged_userns_clone, and"
              + " the seccomp profile if this is a container");
    }
  }

  private static Kind kind(Privileges privileges) throws IOException {
    boolean writer =
        privileges.has(Capability.SETUID)
            && privileges.has(Capability.SETGID)
            // The kernel's condition for mapping root (user_namespaces(7)).
            && privileges.has(Capability.SETFCAP);
    if (writer && privileges.mapsEveryId()) {
      return Kind.EVERY;
    }
    String user = System.getProperty("user.name", "");
    return program("newuidmap").isPresent()
            && granted(Path.of("/etc/subuid"), user, privileges.uid())
            && granted(Path.of("/etc/subgid"), user, privileges.uid())
        ? Kind.RANGE
        : Kind.SINGLE;
  }

  /** Whether the file has a line {@code user:first:count} for this user, by name or by number. */
  static boolean granted(Path file, String user, int uid) throws IOException {
    if (!Files.isReadable(file)) {
      return false;
    }
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.strip().split(":", -1);
      if (fields.length == 3
          && (fields[0].equals(user) || fields[0].equals(Integer.toString(uid)))) {
        return true;
      }
    }
    return false;
  }

  private static void execute(Kind kind, Path unshare, int uid) throws IOException {
    List<String> self = ownCommandLine();
    Map<String, String> environment = new LinkedHashMap<>(System.getenv());
    environment.put(STAY, "1");
    environment.put(OUTER_UID, Integer.toString(uid));
    List<String> command = new ArrayList<>(List.of("unshare", "--user", "--mount"));
    List<Descriptor> kept = new ArrayList<>();
    switch (kind) {
      case EVERY -> {
        Pipe ready = Pipe.blocking();
        Pipe mapped = Pipe.blocking();
        startWriter(ready.reader(), mapped.writer());
        // Ours would hide the end of the writer.
        mapped.writer().close();
        kept.addAll(List.of(ready.writer(), mapped.reader()));
        // As nobody is mapped yet, this shell has no rights; the JVM that it becomes is root. By
        // path, because a shell like dash can redirect to a descriptor of one digit only; what it
        // leaves open are two ends of pipes that nobody listens to any more.
        command.addAll(
            List.of(
                "/bin/sh",
                "-c",
                "echo >/proc/self/fd/%d; read -r mapped </proc/self/fd/%d || exit 1; exec \"$@\""
                    .formatted(ready.writer().number(), mapped.reader().number()),
                "sh"));
      }
      case RANGE -> command.addAll(List.of("--map-root-user", "--map-auto", "--"));
      case SINGLE -> command.addAll(List.of("--map-root-user", "--"));
    }
    command.addAll(self);
    throw Self.execute(unshare.toString(), command, environment, kept);
  }

  /**
   * Starts a shell that stays in this user namespace, waits for this very process to be in the new
   * one, and maps all ids onto themselves there.
   */
  private static void startWriter(Descriptor ready, Descriptor mapped) throws IOException {
    try (ChildScript script = new ChildScript()) {
      script.duplicate(ready.number(), 0);
      script.duplicate(mapped.number(), 1);
      script.closeFrom(3);
      script.defaultSignals();
      script.execute(
          List.of("/bin/sh"),
          List.of(
              "sh",
              "-c",
              "read -r ready && printf '%s\\n' \"$1\" >/proc/$0/uid_map"
                  + " && printf '%s\\n' \"$2\" >/proc/$0/gid_map && echo",
              Long.toString(ProcessHandle.current().pid()),
              map("/proc/self/uid_map"),
              map("/proc/self/gid_map")),
          List.of());
      script.start(0).close();
    }
  }

  private static String map(String file) throws IOException {
    return String.join(
        "\n", Files.readAllLines(Path.of(file)).stream().map(UserNamespace::ontoItself).toList());
  }

  /** Of a line {@code first outer count}: {@code first first count}. */
  private static String ontoItself(String line) {
    String[] fields = line.strip().split("\\s+", -1);
    return fields[0] + " " + fields[0] + " " + fields[2];
  }

  private static List<String> ownCommandLine() throws IOException {
    String[] words =
        new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.UTF_8)
            .split("\0", -1);
    List<String> command = new ArrayList<>(List.of(words).subList(0, words.length - 1));
    // The name that it was called by may be relative or found along a path.
    command.set(0, Path.of("/proc/self/exe").toRealPath().toString());
    return command;
  }

  private static Optional<Path> program(String name) {
    return DIRECTORIES.stream()
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
