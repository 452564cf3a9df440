package dev.slipway.builder.solve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.copy.Accounts;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.Command;
import dev.slipway.builder.sandbox.ExitStatus;
import dev.slipway.builder.sandbox.Rootfs;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A failed stage that a build left in the content store ({@code --on-error=keep}), for {@code
 * slipway debug}. Nothing secret is in it: mounts of the step are gone.
 *
 * @param layers their directories, bottom first
 * @param changed whether the last of {@code layers} is what the failing step had changed
 * @param environment {@code NAME=value}
 * @param step that failed, as progress showed it
 * @param command that failed; empty where none ran
 */
public record KeptStage(
    List<String> layers,
    boolean changed,
    List<String> environment,
    String user,
    String workdir,
    List<String> shell,
    String step,
    List<String> command) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAMESPACE = "failed";

  public KeptStage {
    layers = List.copyOf(layers);
    environment = List.copyOf(environment);
    shell = List.copyOf(shell);
    command = List.copyOf(command);
  }

  void save(ContentStore store, String name) {
    try {
      store.putRecord(NAMESPACE, name, JSON.writeValueAsBytes(this));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts can be written", e);
    }
  }

  /** What a failed build kept under a name; empty where it kept nothing. */
  public static Optional<KeptStage> find(ContentStore store, String name) {
    return store
        .record(NAMESPACE, name)
        .map(bytes -> {
          try {
            return JSON.readValue(bytes, KeptStage.class);
          } catch (IOException e) {
            throw new BuildException(
                ErrorCode.IO, "what the failed build kept cannot be read: " + e.getMessage(), e);
          }
        });
  }

  /** Forgets what a build before kept under this name. */
  public static void forget(ContentStore store, String name) {
    store.removeRecord(NAMESPACE, name);
  }

  /**
   * Runs a command in it, on the terminal of this process. What it changes is lost when it ends.
   *
   * @param argv empty for a shell
   * @param user in place of the stage's
   * @param lastGood without what the failing step had changed
   * @return the exit code, 128 and the number of a signal that ended it
   * @throws BuildException FILE_NOT_FOUND where its files have been pruned, or there is no shell
   */
  public int run(
      ContentStore store,
      Optional<String> isolation,
      List<String> argv,
      Optional<String> user,
      boolean lastGood)
      throws InterruptedException {
    List<Path> lowers =
        (lastGood && changed ? layers.subList(0, layers.size() - 1) : layers)
            .stream().map(Path::of).toList();
    for (Path lower : lowers) {
      if (!Files.isDirectory(lower)) {
        throw new BuildException(
            ErrorCode.FILE_NOT_FOUND,
            "the failed stage is no longer whole: " + lower + " was pruned; build again");
      }
    }
    Path scratch = store.newScratch("debug");
    try (SandboxOnDemand opener = new SandboxOnDemand(store, isolation, warning -> {})) {
      Sandbox sandbox = opener.get();
      try (Rootfs rootfs = sandbox.mount(lowers, scratch)) {
        return code(sandbox.runInteractively(rootfs, command(rootfs, argv, user)));
      }
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    } finally {
      store.delete(scratch);
    }
  }

  private Command command(Rootfs rootfs, List<String> argv, Optional<String> asked)
      throws IOException {
    Accounts.Identity identity = Accounts.of(rootfs.dir()).identity(asked.orElse(user));
    Map<String, String> variables = new LinkedHashMap<>();
    for (String entry : environment) {
      int equals = entry.indexOf('=');
      variables.put(entry.substring(0, equals), entry.substring(equals + 1));
    }
    variables.putIfAbsent("PATH", Command.DEFAULT_PATH);
    variables.putIfAbsent("HOME", identity.home());
    variables.putIfAbsent("TERM", "xterm");
    rootfs.dir().mkdirs(workdir, 0755);
    return Command.of(
            argv.isEmpty() ? List.of(FailedStage.shell(shell, rootfs.dir())) : argv, variables)
        .withWorkdir(workdir)
        .withUser(RunStep.user(identity));
  }

  private static int code(ExitStatus status) {
    return switch (status) {
      case ExitStatus.Exited exited -> exited.code();
      case ExitStatus.Signaled signaled -> 128 + signaled.signal();
      case ExitStatus.OutOfMemory ignored -> 137;
    };
  }
}
