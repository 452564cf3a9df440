package dev.slipway.builder.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChildScriptTest {

  @Test
  void aProgramRunsWithItsArgumentsAndNothingOfOurEnvironment() throws Exception {
    try (Pipe pipe = Pipe.open();
        ChildScript script = new ChildScript()) {
      script.duplicate(pipe.writer().number(), 1);
      script.closeFrom(3);
      script.defaultSignals();
      script.execute(
          List.of("/nowhere/sh", "/bin/sh"),
          List.of("sh", "-c", "echo $0 $1 $KEY; /usr/bin/env; exit 7", "zero", "one"),
          List.of("KEY=value"));
      try (Child child = script.start(0)) {
        int status = child.reap();
        assertThat(Child.signalOf(status)).isZero();
        assertThat(Child.exitCode(status)).isEqualTo(7);
      }
      assertThat(text(pipe)).startsWith("zero one value\nKEY=value\n").doesNotContain("HOME");
    }
  }

  @Test
  void aFailedStepIsNamedAndLeavesNoProcess() throws Exception {
    try (ChildScript script = new ChildScript()) {
      script.tolerating().changeDirectory("/tolerated");
      script.changeDirectory("/nowhere");
      script.execute(List.of("/bin/true"), List.of("true"), List.of());
      assertThatThrownBy(() -> script.start(0))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
          .hasMessage("chdir /nowhere: no such file or directory");
    }
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  /** As another child of ours may do for a moment, when the program has just been written. */
  @Test
  void aProgramThatIsBeingWrittenIsWaitedFor(@TempDir Path dir) throws Exception {
    Path program = Files.copy(Path.of("/bin/true"), dir.resolve("true"));
    OutputStream writer = Files.newOutputStream(program, StandardOpenOption.APPEND);
    try (ChildScript script = new ChildScript()) {
      script.execute(List.of(program.toString()), List.of("true"), List.of());
      FutureTask<Child> start = new FutureTask<>(() -> script.start(0));
      Thread starter = Thread.ofPlatform().start(start);
      Awaitility.await().until(() -> starter.getState() == Thread.State.TIMED_WAITING);
      writer.close();
      try (Child child = start.get()) {
        assertThat(Child.exitCode(child.reap())).isZero();
      }
    } finally {
      writer.close();
    }
  }

  @Test
  void aProgramThatIsWrittenForeverIsNamed(@TempDir Path dir) throws Exception {
    Path program = Files.copy(Path.of("/bin/true"), dir.resolve("true"));
    try (OutputStream _ = Files.newOutputStream(program, StandardOpenOption.APPEND);
        ChildScript script = new ChildScript()) {
      script.execute(List.of(program.toString()), List.of("true"), List.of());
      assertThatThrownBy(() -> script.start(0))
          .hasMessage("execve " + program + ": somebody is writing to the program");
    }
  }

  @Test
  void theChildSharesNeitherDirectoryNorUmaskNorLimitsWithUs(@TempDir Path dir) throws Exception {
    try (ChildScript script = new ChildScript()) {
      script.changeDirectory(dir.toString());
      script.umask(077);
      script.limit(7, "nofile", 100, 100);
      script.execute(
          List.of("/bin/sh"), List.of("sh", "-c", "ulimit -n > a; umask > b"), List.of());
      try (Child child = script.start(0)) {
        assertThat(Child.exitCode(child.reap())).isZero();
      }
    }
    assertThat(dir.resolve("a")).hasContent("100");
    assertThat(dir.resolve("b")).hasContent("0077");
    try (OpenFile file = Dir.open(dir).create("c", 0666)) {
      assertThat(file.stat().mode()).isNotEqualTo(0600);
    }
  }

  @Test
  void aSignalEndsItAndIsTold() throws Exception {
    try (ChildScript script = new ChildScript()) {
      script.defaultSignals();
      script.execute(List.of("/bin/sleep"), List.of("sleep", "1000"), List.of());
      try (Child child = script.start(0)) {
        child.signal(15);
        assertThat(Child.signalOf(child.reap())).isEqualTo(15);
        child.signal(15);
      }
    }
  }

  @Test
  void aScriptCanTryWhatIsPossible() throws Exception {
    assumeTrue(isRoot(), "new namespaces need root");
    try (ChildScript script = new ChildScript()) {
      script.mount("none", "/", null, Mounts.MS_REC | Mounts.MS_PRIVATE, null);
      script.mount("proc", "/proc", "proc", 0, null);
      script.exit(3);
      try (Child child = script.start(ChildScript.NEW_MOUNTS | ChildScript.NEW_PIDS)) {
        assertThat(Child.exitCode(child.reap())).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"x86_64,as,objcopy", "aarch64,aarch64-linux-gnu-as,aarch64-linux-gnu-objcopy"})
  void theMachineCodeIsWhatItsSourceSays(
      String architecture, String assembler, String copy, @TempDir Path dir) throws Exception {
    assumeTrue(
        onPath(assembler) && onPath(copy) && (!architecture.equals("x86_64") || isX86()),
        "needs binutils for " + architecture);
    Path source = dir.resolve("child.s");
    try (var in = ChildScriptTest.class.getResourceAsStream("child-" + architecture + ".s")) {
      Files.copy(in, source);
    }
    run(assembler, source.toString(), "-o", dir.resolve("child.o").toString());
    run(
        copy,
        "-O",
        "binary",
        "-j",
        ".text",
        dir.resolve("child.o").toString(),
        dir.resolve("child.bin").toString());
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(dir.resolve("child.bin"))))
        .isEqualTo(architecture.equals("x86_64") ? ChildCode.X86_64 : ChildCode.AARCH64);
  }

  private static boolean isX86() {
    return Syscall.Architecture.current() == Syscall.Architecture.X86_64;
  }

  private static boolean onPath(String program) {
    for (String dir : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(dir, program))) {
        return true;
      }
    }
    return false;
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static String text(Pipe pipe) throws LinuxException {
    pipe.writer().close();
    ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    while (pipe.read(buffer) > 0) {
      // until the end
    }
    return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
  }
}
