package dev.slipway.builder.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a program in a step sees, and what its caller sees of it. */
class RunTest extends SandboxFixture {
  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  @Test
  void exitCodesAndSignalsAreTold() throws Exception {
    assertThat(run("exit 0")).isEqualTo(new ExitStatus.Exited(0));
    assertThat(run("exit 100")).isEqualTo(new ExitStatus.Exited(100));
    assertThat(run("sh -c 'kill -9 $$'; exit $?")).isEqualTo(new ExitStatus.Exited(137));
  }

  @Test
  void bothOutputsComeInTheOrderInWhichTheyWereWritten() throws Exception {
    StringBuilder script = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      script.append("echo ").append(i).append(i % 3 == 0 ? " >&2; " : "; ");
      expected.add(Integer.toString(i));
    }
    assertThat(ok(script.toString())).isEqualTo(expected);
  }

  @Test
  void outputWithoutALineFeedIsNotLost() throws Exception {
    List<Boolean> ended = new ArrayList<>();
    sandbox.run(
        rootfs,
        command("printf 'one\\n\\ntwo'"),
        (text, end) -> {
          output.add(StandardCharsets.UTF_8.decode(text).toString());
          ended.add(end);
        });
    assertThat(output).containsExactly("one", "", "two");
    assertThat(ended).containsExactly(true, true, false);
  }

  @Test
  void anyBytesComeThroughAndLongLinesComeInPieces() throws Exception {
    List<byte[]> pieces = new ArrayList<>();
    List<Boolean> ended = new ArrayList<>();
    sandbox.run(
        rootfs,
        command("printf '\\000\\377\\n'; head -c 150000 /dev/zero | tr '\\000' x; echo"),
        (text, end) -> {
          byte[] bytes = new byte[text.remaining()];
          text.get(bytes);
          pieces.add(bytes);
          ended.add(end);
        });
    assertThat(pieces.getFirst()).containsExactly(0, 0xff);
    assertThat(pieces.stream().skip(1).mapToInt(piece -> piece.length).sum()).isEqualTo(150000);
    assertThat(pieces).allMatch(piece -> piece.length <= OutputListener.LONGEST);
    assertThat(ended.getFirst()).isTrue();
    assertThat(ended.getLast()).isTrue();
    assertThat(ended.subList(1, ended.size() - 1)).containsOnly(false);
  }

  @Test
  void aGigabyteOfOutputNeedsNoMoreMemoryThanOneLine() throws Exception {
    AtomicLong bytes = new AtomicLong();
    AtomicLong lines = new AtomicLong();
    long size = 1L << 30;
    ExitStatus status =
        sandbox.run(
            rootfs,
            command(
                "yes 0123456789012345678901234567890123456789012345678901234567890"
                    + " | head -c "
                    + size),
            (text, end) -> {
              bytes.addAndGet(text.remaining());
              lines.addAndGet(end ? 1 : 0);
            });
    assertThat(status.success()).isTrue();
    assertThat(bytes.get() + lines.get()).isEqualTo(size);
  }

  @Test
  void standardInputIsEmpty() throws Exception {
    needsMounts();
    assertThat(ok("cat; readlink /proc/self/fd/0; ls /proc/self/fd"))
        .containsExactly("/dev/null", "0", "1", "2", "3");
  }

  @Test
  void theEnvironmentIsExactlyWhatWasGiven() throws Exception {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("B", "2 \"quoted\"\nline");
    environment.put("A", "\u00e9");
    environment.put("PATH", "/bin");
    List<String> lines = ok(Command.of(List.of("env"), environment));
    assertThat(lines).containsExactly("B=2 \"quoted\"", "line", "A=\u00e9", "PATH=/bin");
  }

  @Test
  void theProcessStartsFromACleanState() throws Exception {
    needsMounts();
    List<String> status =
        ok("umask; grep -E 'Sig(Blk|Ign)|CapInh|CapAmb|NoNewPrivs' /proc/self/status");
    assertThat(status)
        .containsExactly(
            "0022",
            "SigBlk:\t0000000000000000",
            "SigIgn:\t0000000000000000",
            "CapInh:\t0000000000000000",
            "CapAmb:\t0000000000000000",
            "NoNewPrivs:\t0");
  }

  @Test
  void capabilitiesAreDockersAtMost() throws Exception {
    needsMounts();
    String script = "grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status";
    assertThat(ok(script))
        .containsExactly(
            "CapPrm:\t00000000a80425fb", "CapEff:\t00000000a80425fb", "CapBnd:\t00000000a80425fb");
    if (sandbox.capabilities().chownToAny()) {
      Command.User user = new Command.User(1000, 1000, List.of());
      assertThat(ok(command(script).withUser(user)))
          .containsExactly(
              "CapPrm:\t0000000000000000",
              "CapEff:\t0000000000000000",
              "CapBnd:\t00000000a80425fb");
    }
  }

  @Test
  void theUserIsWhoItShouldBe() throws Exception {
    assertThat(ok("id -u; id -g; id -G")).containsExactly("0", "0", "0");
    Command.User user = new Command.User(1234, 4321, List.of(4321, 7, 100000));
    if (sandbox.capabilities().chownToAny()) {
      assertThat(ok(command("id -u; id -g; id -G").withUser(user)))
          .containsExactly("1234", "4321", "4321 7 100000");
      needsMounts();
      assertThat(ok(command("echo fine > /dev/stderr").withUser(user))).containsExactly("fine");
    } else {
      assertThatThrownBy(() -> run(command("id").withUser(user)))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SANDBOX))
          .hasMessageContaining("user 1234:4321");
    }
  }

  @Test
  void theStepHasItsOwnNameAndHosts() throws Exception {
    Command command =
        new Command(
            List.of("/bin/sh", "-c", "uname -n; cat /etc/hosts; cat /etc/resolv.conf"),
            Map.of("PATH", PATH),
            "/tmp",
            Command.User.ROOT,
            List.of(),
            Command.Network.HOST,
            Command.Security.SANDBOX,
            "somewhere",
            List.of(new Command.Host("db", "10.1.2.3")),
            Command.DEFAULT_SHM_SIZE,
            List.of());
    List<String> lines = ok(command);
    String name = lines.getFirst();
    boolean own = sandbox.capabilities().mounts();
    assertThat(name).isEqualTo(own ? "somewhere" : Files.readString(HOSTNAME).strip());
    assertThat(lines)
        .startsWith(
            name,
            "127.0.0.1\tlocalhost somewhere" + (own ? "" : " " + name),
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "10.1.2.3\tdb");
    assertThat(lines.subList(4, lines.size()))
        .isEqualTo(Files.readAllLines(Path.of("/etc/resolv.conf")));
  }

  @Test
  void theWorkingDirectoryIsEntered() throws Exception {
    assertThat(ok(command("pwd").withWorkdir("/tmp"))).containsExactly("/tmp");
    assertThatThrownBy(() -> run(command("pwd").withWorkdir("/missing")))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RUN_FAILED))
        .hasMessageContaining("working directory")
        .hasMessageContaining("/missing");
  }

  @Test
  void limitsApply() throws Exception {
    Command command = command("ulimit -n; ulimit -Hn; ulimit -c");
    command =
        new Command(
            command.argv(),
            command.environment(),
            "/",
            command.user(),
            List.of(),
            command.network(),
            command.security(),
            command.hostname(),
            List.of(),
            1 << 20,
            List.of(new Command.Ulimit("nofile", 77, 88)));
    assertThat(ok(command)).containsExactly("77", "88", "0");
    Command unknown =
        new Command(
            command.argv(),
            command.environment(),
            "/",
            command.user(),
            List.of(),
            command.network(),
            command.security(),
            command.hostname(),
            List.of(),
            1 << 20,
            List.of(new Command.Ulimit("files", 1, 1)));
    assertThatThrownBy(() -> run(unknown))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("--ulimit files");
  }

  @Test
  void aProgramThatCannotRunIsNamed() throws Exception {
    Files.writeString(rootfsFile("tmp/plain"), "echo");
    Files.write(rootfsFile("tmp/alien"), new byte[] {0x7f, 'E', 'L', 'F', 9, 9, 9});
    ok("chmod 755 /tmp/alien");
    assertThatThrownBy(() -> run(Command.of(List.of("nosuch"), Map.of("PATH", "/bin:/usr/bin"))))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RUN_FAILED))
        .hasMessageContaining("cannot run nosuch: there is no such program");
    assertThatThrownBy(() -> run(Command.of(List.of("/tmp/plain"), Map.of())))
        .hasMessageContaining("not executable");
    assertThatThrownBy(() -> run(Command.of(List.of("/tmp/alien"), Map.of())))
        .hasMessageContaining("exec format error");
  }

  private Path rootfsFile(String path) {
    // The scratch directory's merged tree is mounted in the builder's namespace only.
    return Path.of("/proc/self/fd/" + rootfs.dir().descriptor(), path);
  }

  @Test
  void devicesWork() throws Exception {
    assertThat(
            ok(
                "echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 5 /dev/urandom | wc -c;"
                    + " echo y > /dev/full; echo z > /dev/shm/z; cat /dev/shm/z; ls /dev"))
        .contains("3", "5", "z", "null", "zero", "full", "random", "urandom", "tty");
    needsMounts();
    assertThat(ok("ls /dev")).contains("ptmx", "pts", "mqueue");
  }

  @Test
  void noNetworkMeansNone() throws Exception {
    needsMounts();
    List<String> lines =
        ok(
            command("ls /proc/sys/net/ipv4/conf; cat /proc/net/dev")
                .withNetwork(Command.Network.NONE));
    assertThat(lines).contains("lo").filteredOn(line -> line.contains(":")).hasSize(1);
    assertThat(lines.toString()).doesNotContain("eth").doesNotContain("ens");
  }

  @Test
  void manyStepsRunSideBySide() throws Exception {
    List<Thread> threads = new ArrayList<>();
    List<ExitStatus> statuses = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      Path scratch = scratch();
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try (Rootfs own = sandbox.mount(List.of(base), scratch)) {
                  statuses.add(
                      sandbox.run(
                          own,
                          command(
                              "echo " + number + " > /mine; sleep 0.2; cat /mine; exit " + number),
                          OutputListener.utf8(output::add)));
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(statuses)
        .extracting(status -> ((ExitStatus.Exited) status).code())
        .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(output).containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5", "6", "7");
  }
}
