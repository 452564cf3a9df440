package dev.slipway.builder.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.sandbox.Agent;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenSSH's own programs talk with the agent. */
@Timeout(60)
final class KeyAgentTest {
  /** A socket's address has 108 bytes, fewer than many a temporary directory. */
  private Path dir = Path.of("");

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/ssh-keygen")), "OpenSSH is not installed");
    dir = Files.createTempDirectory(Path.of("/tmp"), "agent");
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    if (!dir.toString().isEmpty()) {
      try (var files = Files.list(dir)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(dir);
    }
  }

  private record Ran(int code, String output) {}

  private Ran run(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("SSH_AUTH_SOCK", dir.resolve("sock").toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), output);
  }

  private Path key(String name, String... more) throws Exception {
    Path file = dir.resolve(name);
    List<String> command =
        new ArrayList<>(List.of("ssh-keygen", "-q", "-C", name, "-f", file.toString()));
    command.addAll(List.of(more));
    assertThat(run(command.toArray(String[]::new)).code()).isZero();
    return file;
  }

  /** Lets an agent answer at {@code sock}. */
  private void serve(Agent agent) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(dir.resolve("sock")));
    open.add(server);
    Thread.ofVirtual()
        .start(() -> {
          while (true) {
            try {
              SocketChannel program = server.accept();
              Thread.ofVirtual()
                  .start(() -> {
                    try (program) {
                      agent.talk(program);
                    } catch (IOException _) {
                      // The program sees it.
                    }
                  });
            } catch (IOException _) {
              return;
            }
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"ed25519, 256", "rsa, 2048", "ecdsa, 384"})
  void aKeyThatIsInAFileSignsWithoutBeingShown(String type, String bits) throws Exception {
    Path key = key("id", "-t", type, "-b", bits, "-N", "");
    serve(AgentSource.parse("default=" + key, Map.of()).open());
    assertThat(run("ssh-add", "-L").output())
        .contains(Files.readString(dir.resolve("id.pub")).split(" ")[1]);
    // ssh-keygen has only the public half, and asks the agent.
    Files.delete(key);
    Path message = Files.writeString(dir.resolve("message"), "what is signed");
    Ran signed =
        run("ssh-keygen", "-Y", "sign", "-U", "-n", "test", "-f", key + ".pub", message.toString());
    assertThat(signed.code()).as(signed.output()).isZero();
    Path allowed =
        Files.writeString(dir.resolve("allowed"), "me " + Files.readString(dir.resolve("id.pub")));
    ProcessBuilder verify =
        new ProcessBuilder(
                "ssh-keygen",
                "-Y",
                "verify",
                "-f",
                allowed.toString(),
                "-I",
                "me",
                "-n",
                "test",
                "-s",
                message + ".sig")
            .redirectInput(message.toFile())
            .redirectErrorStream(true);
    Process verified = verify.start();
    String said = new String(verified.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(verified.waitFor()).as(said).isZero();
    assertThat(said).contains("Good \"test\" signature");
  }

  @Test
  void severalKeysAreListedAndNoneCanBeAddedOrTakenAway() throws Exception {
    Path one = key("one", "-t", "ed25519", "-N", "");
    Path two = key("two", "-t", "ecdsa", "-N", "");
    Path mine = key("mine", "-t", "ed25519", "-N", "");
    serve(AgentSource.parse("default=" + one + "," + two, Map.of()).open());
    assertThat(run("ssh-add", "-l").output().lines()).hasSize(2);
    assertThat(run("ssh-add", "-D").code()).isNotZero();
    assertThat(run("ssh-add", "-d", one.toString()).code()).isNotZero();
    assertThat(run("ssh-add", mine.toString()).code()).isNotZero();
    assertThat(run("ssh-add", "-l").output().lines()).hasSize(2);
  }

  @Test
  void nonsenseEndsItsOwnConversationOnly() throws Exception {
    Path key = key("id", "-t", "ed25519", "-N", "");
    serve(AgentSource.parse("default=" + key, Map.of()).open());
    try (SocketChannel endless =
        SocketChannel.open(UnixDomainSocketAddress.of(dir.resolve("sock")))) {
      ByteBuffer head = ByteBuffer.allocate(64 * 1024).putInt(Integer.MAX_VALUE).clear();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  endless.write(head.duplicate());
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(run("ssh-add", "-l").output().lines()).hasSize(1);
  }

  @Test
  void aRunningAgentIsPassedOnTo() throws Exception {
    Path key = key("id", "-t", "ed25519", "-N", "");
    serve(AgentSource.parse("default=" + key, Map.of()).open());
    AgentSource source =
        AgentSource.parse("default", Map.of("SSH_AUTH_SOCK", dir.resolve("sock").toString()));
    assertThat(source).isEqualTo(new AgentSource.Socket("default", dir.resolve("sock")));
    Files.move(dir.resolve("sock"), dir.resolve("real"));
    serve(new AgentSource.Socket("default", dir.resolve("real")).open());
    assertThat(run("ssh-add", "-l").output().lines()).hasSize(1);
  }

  @Test
  void whatIsNoUsableKeyIsRefusedByNameAndNeverQuoted() throws Exception {
    Path locked = key("locked", "-t", "ed25519", "-N", "correct horse");
    Path broken =
        Files.writeString(
            dir.resolve("broken"),
            "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRETSECRET\n-----END OPENSSH PRIVATE KEY-----\n");
    Path text = Files.writeString(dir.resolve("text"), "SECRETSECRET\n");
    assertThatThrownBy(() -> AgentSource.parse("default=" + locked, Map.of()).open())
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("passphrase")
        .hasMessageContaining(locked.toString());
    for (Path file : List.of(broken, text)) {
      assertThatThrownBy(() -> AgentSource.parse("x=" + file, Map.of()).open())
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("--ssh x: the file " + file + " holds no private key")
          .hasNoCause()
          .hasMessageNotContaining("SECRET");
    }
    assertThatThrownBy(() -> AgentSource.parse("x=" + dir.resolve("absent"), Map.of()))
        .hasMessage("--ssh x=" + dir.resolve("absent") + ": there is no " + dir.resolve("absent"));
    assertThatThrownBy(() -> AgentSource.parse("default", Map.of()))
        .hasMessageContaining("SSH_AUTH_SOCK is not set");
    assertThatThrownBy(() -> AgentSource.parse("=x", Map.of())).hasMessageContaining("no ID");
  }
}
