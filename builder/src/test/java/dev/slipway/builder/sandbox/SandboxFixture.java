package dev.slipway.builder.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** An open sandbox, and a root file system in it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SandboxFixture {
  static final String PATH = "/bin";

  Path directory = Path.of("");
  Path base = Path.of("");
  Sandbox sandbox;
  Rootfs rootfs;
  final List<String> output = Collections.synchronizedList(new ArrayList<>());
  private int scratches;

  @BeforeAll
  void open(@TempDir Path temporary) throws IOException {
    directory = temporary;
    base = Files.createDirectory(directory.resolve("base"));
    MachineRoot.make(base);
    try {
      sandbox = Sandbox.open(settings());
    } catch (BuildException e) {
      abort("no sandbox for this user outside of a user namespace: " + e.getMessage());
    }
  }

  /** The strongest tier, unless a test is about another. */
  SandboxSettings settings() {
    return SandboxSettings.strongest(directory);
  }

  @AfterAll
  void close() {
    if (sandbox != null) {
      sandbox.close();
    }
  }

  @BeforeEach
  void mount() throws IOException {
    output.clear();
    rootfs = sandbox.mount(List.of(base), scratch());
  }

  @AfterEach
  void unmount() {
    rootfs.close();
  }

  Path scratch() throws IOException {
    return Files.createDirectory(directory.resolve("scratch" + scratches++));
  }

  Path directory(String name) throws IOException {
    return Files.createDirectories(directory.resolve(name));
  }

  static Command command(String script) {
    return Command.of(List.of("/bin/sh", "-c", script), Map.of("PATH", PATH));
  }

  ExitStatus run(Command command) throws InterruptedException {
    return sandbox.run(rootfs, command, OutputListener.utf8(output::add));
  }

  ExitStatus run(String script) throws InterruptedException {
    return run(command(script));
  }

  /** Runs and expects success; returns the output. */
  List<String> ok(Command command) throws InterruptedException {
    output.clear();
    ExitStatus status = run(command);
    assertThat(status).as("output: %s", output).isEqualTo(new ExitStatus.Exited(0));
    return List.copyOf(output);
  }

  List<String> ok(String script) throws InterruptedException {
    return ok(command(script));
  }

  /** Ends a test that is about what takes mounts: {@code /proc}, namespaces, limits. */
  void needsMounts() {
    assumeTrue(sandbox.capabilities().mounts(), "nothing can be mounted in this tier");
  }

  /** All paths below, relative, sorted. */
  static List<String> tree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths
          .filter(path -> !path.equals(root))
          .map(path -> root.relativize(path).toString())
          .sorted()
          .toList();
    }
  }
}
