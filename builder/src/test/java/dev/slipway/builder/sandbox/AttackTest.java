package dev.slipway.builder.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Steps that do not mean well, or are badly made. */
@Timeout(120)
class AttackTest extends SandboxFixture {
  /** Out of a chroot, by a root that was never entered. */
  private static final String ESCAPE =
      "mkdir \"/jail\"; chroot \"/jail\" or die \"chroot: $!\"; for (1..50) { chdir \"..\" }"
          + " chroot \".\"; opendir(D, \"/\"); print join(\",\", sort readdir D)";

  private static final String MARK = "slipway-test-daemon-" + ProcessHandle.current().pid();

  @Test
  void aDaemonThatKeepsTheOutputOpenDiesWithItsStep() throws Exception {
    long start = System.nanoTime();
    ok("cp /bin/sleep /tmp/" + MARK + "; setsid /tmp/" + MARK + " 1000 & echo started");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    assertThat(processes(MARK)).isEmpty();
  }

  @Test
  void cancellingKillsEveryProcessAndTheNextStepRuns() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                sandbox.run(
                    rootfs,
                    command(
                        "cp /bin/sleep /tmp/"
                            + MARK
                            + "; trap '' TERM INT; (setsid /tmp/"
                            + MARK
                            + " 1000 &) ; echo up; while :; do /tmp/"
                            + MARK
                            + " 1000; done"),
                    (text, ended) -> started.countDown());
              } catch (Throwable e) {
                thrown.set(e);
              }
            });
    started.await();
    assertThat(processes(MARK)).isNotEmpty();
    thread.interrupt();
    thread.join();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(processes(MARK)).isEmpty();
    assertThat(ok("echo next")).containsExactly("next");
  }

  @Test
  void aForkBombEndsWithItsStep() throws Exception {
    Thread thread = Thread.currentThread();
    AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
    ExitStatus status = null;
    try {
      status =
          sandbox.run(
              rootfs,
              new Command(
                  List.of(
                      "/bin/sh",
                      "-c",
                      "cp /bin/sleep /tmp/" + MARK + "; echo go; f() { f | f & }; f; sleep 1000"),
                  java.util.Map.of("PATH", PATH),
                  "/",
                  sandbox.capabilities().chownToAny()
                      ? new Command.User(4242, 4242, List.of())
                      : Command.User.ROOT,
                  List.of(),
                  Command.Network.HOST,
                  Command.Security.SANDBOX,
                  "bomb",
                  List.of(),
                  1 << 20,
                  List.of(new Command.Ulimit("nproc", 200, 200))),
              (text, ended) -> {
                if (!interrupted.getAndSet(true)) {
                  thread.interrupt();
                }
              });
    } catch (InterruptedException e) {
      // as asked
    }
    assertThat(status).isNull();
    assertThat(ok("echo alive")).containsExactly("alive");
  }

  @Test
  void aListenerThatThrowsEndsTheStep() {
    assertThatThrownBy(() ->
            sandbox.run(
                rootfs,
                command("echo x; sleep 1000"),
                (text, ended) -> {
                  throw new IllegalStateException("full disk");
                }))
        .hasMessage("full disk");
  }

  @Test
  void noZombieAndNoDescriptorIsLeft() throws Exception {
    ok("true");
    long descriptors = descriptors();
    for (int i = 0; i < 5; i++) {
      ok("sh -c 'sleep 0.01 &'; true");
      assertThatThrownBy(() -> run(command("x").withWorkdir("/none")))
          .isInstanceOf(BuildException.class);
    }
    assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
    assertThat(ProcessHandle.current().children()).isEmpty();
  }

  @Test
  void theBuilderCannotBeSeen() throws Exception {
    assumeTrue(sandbox.capabilities().ownProc());
    assertThat(
            ok(
                "ls /proc | grep -E '^[0-9]+$' | sort -n | head -1; cat /proc/1/cmdline | tr '\\000' ' '"))
        .first()
        .isEqualTo("1");
    assertThat(output.get(1)).startsWith("/bin/sh -c ls /proc");
    String pid = Long.toString(ProcessHandle.current().pid());
    assertThat(ok("ls /proc")).doesNotContain(pid);
    assertThat(ok("kill -0 " + pid + " 2>&1 || true").toString()).contains("No such process");
  }

  @Test
  void theBuildersMemoryAndEnvironmentAreClosedEvenToItsOwnUser() throws Exception {
    String pid = Long.toString(ProcessHandle.current().pid());
    assertThat(Files.readString(Path.of("/proc/self/status"))).contains("Pid:\t" + pid);
    Process other =
        new ProcessBuilder(
                "setpriv",
                "--bounding-set=-all",
                "--inh-caps=-all",
                "cat",
                "/proc/" + pid + "/environ")
            .redirectErrorStream(true)
            .start();
    String said = new String(other.getInputStream().readAllBytes(), UTF_8);
    assumeTrue(!said.contains("setpriv"), "this user cannot drop capabilities");
    assertThat(said).contains("Permission denied");
  }

  @Test
  void aStepCannotReadTheBuilder() throws Exception {
    String proc = "/proc/" + ProcessHandle.current().pid();
    assertThat(
            ok(
                "cat %1$s/environ %1$s/maps %1$s/auxv 2>/dev/null; head -c 9 %1$s/mem 2>/dev/null;"
                        .formatted(proc)
                    + " ls %1$s/map_files %1$s/root/ %1$s/cwd/ 2>/dev/null; cat %1$s/fd/* 2>/dev/null;"
                    + " readlink %1$s/exe %1$s/fd/* %1$s/ns/mnt; true".formatted(proc)))
        .isEmpty();
  }

  @Test
  void withoutPivotRootTheOldRootIsStillOutOfReach() throws Exception {
    assumeTrue(MachineRoot.find("perl").isPresent());
    try (Sandbox other =
            SandboxOpener.open(
                SandboxSettings.strongest(directory("no-pivot")), Platform::withoutPivotRoot);
        Rootfs own = other.mount(List.of(base), scratch())) {
      ExitStatus status =
          other.run(own, command("perl -e '" + ESCAPE + "'"), OutputListener.utf8(output::add));
      assertThat(status.success()).as("%s", output).isTrue();
      assertThat(output.getFirst().split(",", -1)).contains("bin", "jail").doesNotContain("home");
    }
  }

  @Test
  void targetsThroughLinksStayInside() throws Exception {
    Path outside = directory("outside");
    Path decoy = directory("decoy");
    Files.writeString(decoy.resolve("evil"), "");
    String up = "../".repeat(30) + outside.toString().substring(1);
    ok(
        "ln -s "
            + up
            + " /relative; ln -s "
            + outside
            + " /absolute;"
            + " ln -s /proc/self/cwd /magic; ln -s /loop2 /loop1; ln -s /loop1 /loop2");
    Mount.Source source = new Mount.Source.Directory(decoy);
    for (String target :
        List.of("/relative", "/absolute", "/relative/deeper", "/../../absolute/x", "/magic/y")) {
      Command command =
          command("ls " + target).withMounts(List.of(new Mount.Bind(source, "", target, true)));
      if (target.startsWith("/magic")) {
        assertThatThrownBy(() -> run(command)).hasMessageContaining("/proc is the kernel's");
      } else {
        assertThat(ok(command)).containsExactly("evil");
      }
    }
    Command loop =
        command("true").withMounts(List.of(new Mount.Bind(source, "", "/loop1/x", true)));
    assertThatThrownBy(() -> run(loop)).hasMessageContaining("too many levels");
    assertThat(tree(outside)).isEmpty();
    assertThat(tree(rootfs.seal()))
        .containsExactly("absolute", "loop1", "loop2", "magic", "relative");
  }

  @Test
  void sourcesThroughLinksStayInside() throws Exception {
    Path secret = directory("secret");
    Files.writeString(secret.resolve("key"), "private");
    Path context = directory("context");
    Files.createSymbolicLink(context.resolve("link"), secret);
    Mount mount = new Mount.Bind(new Mount.Source.Directory(context), "link/key", "/key", true);
    assertThatThrownBy(() -> run(command("cat /key").withMounts(List.of(mount))))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void linksInsideACacheLeadNowhere() throws Exception {
    Path outside = directory("outside2");
    Path cache = directory("poisoned");
    Files.createSymbolicLink(
        cache.resolve("up"), Path.of("../../../../../../../../", outside.toString()));
    Files.createSymbolicLink(cache.resolve("fd"), Path.of("/proc/self/fd"));
    for (int fd = 3; fd < 60; fd++) {
      Files.createSymbolicLink(cache.resolve("fd" + fd), Path.of("/proc/self/fd/" + fd));
      Mount nested = new Mount.Tmpfs("/cache/fd" + fd + "/made", 0);
      assertThatThrownBy(() ->
              run(
                  command("true")
                      .withMounts(List.of(new Mount.Cache(cache, "/cache", false), nested))))
          .isInstanceOf(BuildException.class);
    }
    List<Mount> mounts =
        List.of(new Mount.Cache(cache, "/cache", false), new Mount.Tmpfs("/cache/up/made", 0));
    assertThatThrownBy(() -> run(command("true").withMounts(mounts)))
        .isInstanceOf(BuildException.class);
    assertThat(tree(outside)).isEmpty();
    assertThat(tree(directory)).noneMatch(path -> path.endsWith("/made"));
  }

  @Test
  void aWorkingDirectoryThroughADescriptorIsNone() {
    for (int fd = 3; fd < 80; fd++) {
      Command command = command("pwd; ls").withWorkdir("/proc/self/fd/" + fd);
      assertThatThrownBy(() -> run(command))
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("working directory");
    }
  }

  @Test
  void chrootDoesNotLeadOut() throws Exception {
    assumeTrue(MachineRoot.find("perl").isPresent());
    Files.writeString(directory.resolve("outside-mark"), "");
    if (!sandbox.capabilities().mounts()) {
      assertThat(run("perl -e '" + ESCAPE + "'").success()).isFalse();
      assertThat(output.getFirst()).startsWith("chroot: Operation not permitted");
      return;
    }
    List<String> lines = ok("perl -e '" + ESCAPE + "'");
    assertThat(lines.getFirst()).contains("bin").contains("jail");
    assertThat(lines.getFirst().split(",", -1)).doesNotContain("home", "opt", "work");
  }

  @Test
  void deviceNodesOfTheMachineCannotBeOpened() throws Exception {
    Path shared = directory("nodes");
    List<Mount> mounts =
        List.of(new Mount.Cache(shared, "/cache", false), new Mount.Tmpfs("/t", 0));
    List<String> lines =
        ok(
            command(
                    "for d in / /dev/ /dev/shm/ /cache/ /t/ /tmp/; do"
                        + " mknod ${d}mem c 1 1 2>/dev/null && { head -c 1 ${d}mem > /dev/null 2>&1"
                        + " && echo opened ${d}mem; rm ${d}mem; }; done; true")
                .withMounts(mounts));
    assertThat(lines).isEmpty();
  }

  @Test
  void theKernelsKnobsAreOutOfReach() throws Exception {
    assumeTrue(sandbox.capabilities().ownProc());
    List<String> lines =
        ok(
            "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches"
                + " /sys/kernel/uevent_helper /proc/irq/default_smp_affinity /sys/fs/cgroup/release_agent;"
                + " do test -e $f && { echo x > $f; } 2>/dev/null && echo wrote $f; done;"
                + " mount -t tmpfs t /tmp 2>/dev/null && echo mounted;"
                + " umount /proc/sys 2>/dev/null && echo unmounted;"
                + " mount -o remount,rw /sys 2>/dev/null && echo remounted; true");
    assertThat(lines).isEmpty();
    assertThat(ok("cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c"))
        .containsExactly("0");
  }

  @Test
  void aSetUserIdProgramStillWorks() throws Exception {
    needsMounts();
    assumeTrue(sandbox.capabilities().chownToAny());
    ok("cp /bin/id /tmp/id; chmod 4755 /tmp/id");
    assertThat(ok(command("/tmp/id -u").withUser(new Command.User(1000, 1000, List.of()))))
        .containsExactly("0");
  }

  private static long descriptors() throws Exception {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  private static List<ProcessHandle> processes(String name) {
    return ProcessHandle.allProcesses()
        .filter(process ->
            process.info().command().orElse("").contains(name)
                || process.info().commandLine().orElse("").contains("/tmp/" + name))
        .toList();
  }
}
