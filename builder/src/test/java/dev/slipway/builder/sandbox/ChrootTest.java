package dev.slipway.builder.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Landlock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is different where a step shares the builder's namespaces. */
final class ChrootTest extends SandboxFixture {
  private static final String MARK = "slipway-chroot-daemon-" + ProcessHandle.current().pid();

  @Override
  SandboxSettings settings() {
    return SandboxSettings.of(Tier.CHROOT, directory);
  }

  /** What the machine says of a step's shell while it runs. */
  private Map<String, String> status(Command.User user) throws InterruptedException {
    List<Map<String, String>> seen = new ArrayList<>();
    ExitStatus status =
        sandbox.run(
            rootfs,
            command("echo $$; sleep 1000").withUser(user),
            OutputListener.utf8(pid -> {
              try (Stream<String> lines = Files.lines(Path.of("/proc", pid, "status"))) {
                seen.add(
                    lines
                        .map(line -> line.split(":\\s*", 2))
                        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])));
                new ProcessBuilder("kill", "-9", pid).start();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }));
    assertThat(status).isEqualTo(new ExitStatus.Signaled(9));
    return seen.getFirst();
  }

  @Test
  void aStepCanNeitherLeaveItsRootNorGainAnything() throws Exception {
    // Docker's, without SYS_CHROOT and MKNOD.
    String most = "00000000a00025fb";
    assertThat(status(Command.User.ROOT))
        .containsEntry("CapBnd", most)
        .containsEntry("CapEff", most)
        .containsEntry("NoNewPrivs", "1");
    assertThat(status(new Command.User(1000, 1000, List.of())))
        .containsEntry("CapBnd", most)
        .containsEntry("CapEff", "0000000000000000")
        .containsEntry("NoNewPrivs", "1");
  }

  @Test
  void anotherProcessCanBeNeitherTracedNorRead() throws Exception {
    assumeTrue(MachineRoot.find("perl").isPresent());
    long builder = ProcessHandle.current().pid();
    Process bystander = new ProcessBuilder("sleep", "1000").start();
    try {
      for (long pid : List.of(builder, bystander.pid())) {
        // ptrace(PTRACE_ATTACH), process_vm_readv, pidfd_open and pidfd_getfd.
        List<String> lines =
            ok(
                "perl -e '$p = %d; $! = 0; print syscall(101, 16, $p, 0, 0), \" $!\\n\";"
                        .formatted(pid)
                    + " $b = \"x\" x 8; $l = pack(\"Pq\", $b, 8); $r = pack(\"qq\", 4194304, 8);"
                    + " $! = 0; print syscall(310, $p, $l, 1, $r, 1, 0), \" $!\\n\";"
                    + " $d = syscall(434, $p, 0);"
                    + " $! = 0; print syscall(438, $d, 0, 0), \" $!\\n\"'");
        boolean confined = Landlock.version() > 0;
        if (pid == builder || confined) {
          assertThat(lines).hasSize(3).allMatch(line -> line.equals("-1 Operation not permitted"));
        }
      }
    } finally {
      bystander.destroyForcibly();
    }
  }

  @Test
  void otherProcessesAreOutOfReachOfSignals() throws Exception {
    assumeTrue(Landlock.scopesSignals(), "Linux before 6.12");
    Process bystander = new ProcessBuilder("sleep", "1000").start();
    try {
      List<String> lines =
          ok(
              "for pid in %d %d; do kill -0 $pid 2>/dev/null && echo reached $pid; done; true"
                  .formatted(ProcessHandle.current().pid(), bystander.pid()));
      assertThat(lines).isEmpty();
      assertThat(bystander.isAlive()).isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  @Test
  void aDescriptorOfAnotherRootIsNoWayOut() throws Exception {
    assumeTrue(MachineRoot.find("perl").isPresent());
    assumeTrue(Landlock.version() >= 2);
    // A user namespace would bring SYS_CHROOT back; the kernel makes none for who is in a chroot.
    assertThat(
            ok(
                "unshare -U true 2>/dev/null && echo user; unshare -m true 2>/dev/null && echo mount;"
                    + " chroot / true 2>/dev/null && echo root;"
                    + " mknod /tmp/disk b 8 0 2>/dev/null && echo disk;"
                    + " mount -t proc proc /proc 2>/dev/null && echo proc; true"))
        .isEmpty();
  }

  @Test
  void devicesOfLayersAreNotThere() throws Exception {
    Path layer = directory("device-layer");
    try (Dir dir = Dir.open(layer)) {
      dir.mkdirs("srv/dev", 0755);
      dir.mknod("srv/dev/mem", FileType.CHARACTER_DEVICE, 0666, 1, 1);
      dir.mknod("srv/dev/zero", FileType.CHARACTER_DEVICE, 0666, 1, 5);
    }
    try (Rootfs own = sandbox.mount(List.of(base, layer), scratch())) {
      sandbox.run(own, command("ls /srv/dev; rm /srv/dev/zero"), OutputListener.utf8(output::add));
      assertThat(output).containsExactly("zero");
      assertThat(tree(own.seal())).containsExactly("srv", "srv/dev", "srv/dev/zero");
    }
  }

  @Test
  void whatAStepLeavesRunningIsKilledAndNobodyElse() throws Exception {
    Process bystander = new ProcessBuilder("sleep", "1000").start();
    try {
      ok(
          "cp /bin/sleep /tmp/%1$s; setsid /tmp/%1$s 1000 >/dev/null 2>&1 &".formatted(MARK)
              + " (setsid setsid /tmp/%1$s 1001 >/dev/null 2>&1 &); setpriv --reuid 4242"
                  .formatted(MARK)
              + " setsid /tmp/%1$s 1002 >/dev/null 2>&1 & sleep 0.2".formatted(MARK));
      assertThat(
              ProcessHandle.allProcesses()
                  .filter(one -> one.info().commandLine().orElse("").contains(MARK)))
          .isEmpty();
      assertThat(bystander.isAlive()).isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  @Test
  void aDaemonLivesAsLongAsItsStepWhateverOthersDo() throws Exception {
    Path scratch = scratch();
    List<ExitStatus> statuses = new ArrayList<>();
    Thread other =
        Thread.ofVirtual()
            .start(() -> {
              try (Rootfs own = sandbox.mount(List.of(base), scratch)) {
                statuses.add(
                    sandbox.run(
                        own,
                        command(
                            "(setsid sleep 1000 & echo $! > /pid); sleep 2; kill -0 $(cat /pid)"),
                        OutputListener.ignore()));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    while (other.isAlive()) {
      ok("true");
    }
    assertThat(statuses).containsExactly(new ExitStatus.Exited(0));
  }

  @Test
  void aSecretCannotBeCarriedOffByItsName() {
    Mount secret = new Mount.Secret("s3cret".getBytes(UTF_8), "/run/secrets/key", 0400, 0, 0);
    for (String theft :
        List.of(
            "mv /run/secrets/key /moved",
            "ln /run/secrets/key /linked; exit 1",
            "mv /run /all",
            "rm -r /run")) {
      assertThatThrownBy(() -> run(command(theft).withMounts(List.of(secret))))
          .as(theft)
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("/run/secrets/key");
    }
  }

  @Test
  void aLinkIntoACacheIsACopyInTheLayer() throws Exception {
    Path cache = directory("linked-cache");
    Files.writeString(cache.resolve("package"), "1");
    ok(
        command("ln /cache/package /one; mkdir /d; ln /one /d/two; ln /etc/group /cache/group")
            .withMounts(List.of(new Mount.Cache(cache, "/cache", false))));
    Path upper = rootfs.seal();
    assertThat(tree(upper)).contains("one", "d", "d/two");
    Files.writeString(cache.resolve("package"), "poisoned");
    Files.writeString(cache.resolve("group"), "poisoned");
    assertThat(upper.resolve("one")).hasContent("1");
    assertThat(upper.resolve("d/two")).hasContent("1");
    assertThat(base.resolve("etc/group")).hasContent("root:x:0:\n");
  }

  @Test
  void aChangeThatHidesItsTimeAndSizeIsFound() throws Exception {
    ok(
        "echo ROOT:x:0: > /etc/new; touch -r /etc/group /etc/new; cat /etc/new > /etc/group;"
            + " touch -r /etc/new /etc/group; rm /etc/new; touch -d @0 /etc");
    Path upper = rootfs.seal();
    assertThat(upper.resolve("etc/group")).hasContent("ROOT:x:0:\n");
  }

  @Test
  void oneTreeServesTheStepsOfAStage() throws Exception {
    List<Path> layers = new ArrayList<>(List.of(base));
    rootfs.close();
    Set<String> before = trees(); // of the other tests here, which share the sandbox
    for (int i = 0; i < 4; i++) {
      try (Rootfs step = sandbox.mount(layers, scratch())) {
        List<String> seen = new ArrayList<>();
        ExitStatus status =
            sandbox.run(
                step,
                command(
                    "cat /count 2>/dev/null; ls /d 2>/dev/null; echo %1$d > /count; mkdir -p /d; rm -f /d/*; : > /d/%1$d"
                        .formatted(i)),
                OutputListener.utf8(seen::add));
        assertThat(status.success()).isTrue();
        if (i > 0) {
          assertThat(seen).containsExactly(Integer.toString(i - 1), Integer.toString(i - 1));
        }
        Path upper = step.seal();
        Path kept = directory("kept").resolve(Integer.toString(i));
        layers.add(Files.move(upper, kept));
      }
    }
    // Another step on the first two layers must not see what the others did.
    rootfs = sandbox.mount(layers.subList(0, 2), scratch());
    assertThat(ok("cat /count; ls /d")).containsExactly("0", "0");
    Set<String> made = trees();
    made.removeAll(before);
    assertThat(made).as("one for the four steps, one for the other").hasSizeLessThanOrEqualTo(2);
  }

  private Set<String> trees() throws IOException {
    try (Stream<Path> trees = Files.list(directory.resolve("trees"))) {
      return trees.map(tree -> tree.getFileName().toString()).collect(Collectors.toSet());
    }
  }
}
