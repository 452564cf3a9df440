package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.builder.cli.Main;
import dev.slipway.builder.image.Digest;
import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code slipway build git@host:path} on a real sshd that serves one directory, as a forge does.
 */
final class SshContextTest {
  private static final String USER = System.getProperty("user.name");

  @TempDir Path temp;
  private Path forge;
  private Path home;
  private Sshd sshd;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.isExecutable(Sshd.PROGRAM), "sshd is not installed");
    forge = Files.createDirectories(temp.resolve("forge"));
    Path programs = Files.createDirectories(forge.resolve("bin"));
    sshd =
        new Sshd(
            Files.createDirectories(temp.resolve("sshd")),
            "ForceCommand cd %s && PATH=%s:$PATH && eval \"$SSH_ORIGINAL_COMMAND\""
                .formatted(forge, programs));
    home = temp.resolve("home");
    Path settings = Files.createDirectories(home.resolve(".ssh"));
    Files.writeString(
        settings.resolve("config"),
        """
        Host forge
          HostName 127.0.0.1
          Port %d
          IdentityFile %s
        """
            .formatted(sshd.port(), sshd.key()));
    Files.writeString(settings.resolve("known_hosts"), sshd.line() + "\n");
    Path app = Files.createDirectories(forge.resolve("team/app.git"));
    Programs.run("git", "-C", app.toString(), "init", "-q", "-b", "main");
  }

  @AfterEach
  void stop() {
    if (sshd != null) {
      sshd.close();
    }
  }

  private void commit(String path, String text) throws IOException {
    Path app = forge.resolve("team/app.git");
    Path file = app.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Programs.run("git", "-C", app.toString(), "add", "-A");
    Programs.run(
        "git",
        "-C",
        app.toString(),
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.com",
        "commit",
        "-q",
        "-m",
        path);
  }

  /** Builds as a user with that home does, and returns what was said. */
  private String build(int exit, String context) throws Exception {
    Path log = temp.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-Duser.home=" + home,
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "build",
            context,
            "--progress=plain",
            "--root=" + temp.resolve("store"),
            "--output=type=local,dest=" + temp.resolve("out")));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String said = Files.readString(log);
    assertThat(process.exitValue()).as(said).isEqualTo(exit);
    return said;
  }

  @Test
  void theShortFormWithARefAndADirectory() throws Exception {
    commit("images/web/Dockerfile", "FROM scratch\nCOPY page.html /\n");
    commit("images/web/page.html", "the first page");
    Programs.run("git", "-C", forge.resolve("team/app.git").toString(), "tag", "v1");
    commit("images/web/page.html", "the second page");

    build(0, USER + "@forge:team/app.git#main:images/web");
    assertThat(temp.resolve("out/page.html")).hasContent("the second page");
    build(0, USER + "@forge:team/app.git?tag=v1&subdir=images/web");
    assertThat(temp.resolve("out/page.html")).hasContent("the first page");

    assertThat(build(1, USER + "@forge:team/app.git#v2"))
        .contains("GitRefNotFound")
        .contains("has no branch, tag or ref 'v2'");
    assertThat(build(1, USER + "@forge:team/none.git")).contains("GitRepositoryNotFound");
    Files.writeString(home.resolve(".ssh/known_hosts"), "");
    assertThat(build(1, USER + "@forge:team/app.git#main:images/web"))
        .contains("GitHostKeyUnknown")
        .contains(sshd.line());
  }

  @Test
  void anSshHostSaysWhereItsLfsObjectsAre() throws Exception {
    byte[] content = "large, in principle\n".getBytes(StandardCharsets.UTF_8);
    String oid = Digest.sha256(content).hex();
    commit(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    commit("Dockerfile", "FROM scratch\nCOPY a.bin /\n");
    commit(
        "a.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
            .formatted(oid, content.length));
    List<String> authorizations = new CopyOnWriteArrayList<>();
    HttpServer lfs =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String base = "http://127.0.0.1:" + lfs.getAddress().getPort();
    byte[] place =
        """
        {"objects": [{"oid": "%s", "size": %d, "authenticated": true,
                      "actions": {"download": {"href": "%s/it"}}}]}
        """
            .formatted(oid, content.length, base)
            .getBytes(StandardCharsets.UTF_8);
    lfs.createContext(
        "/",
        exchange -> {
          authorizations.add(
              String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          String path = exchange.getRequestURI().getPath();
          byte[] answer = path.equals("/of/app/objects/batch") ? place : content;
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    lfs.start();
    try {
      Path program = forge.resolve("bin/git-lfs-authenticate");
      Files.writeString(
          program,
          """
          #!/bin/sh
          test "$*" = "team/app.git download" || { echo "no $*" >&2; exit 2; }
          echo '{"href": "%s/of/app", "header": {"Authorization": "RemoteAuth t0ken"}}'
          """
              .formatted(base));
      Programs.run("chmod", "755", program.toString());

      build(0, USER + "@forge:team/app.git?lfs=true");
      assertThat(temp.resolve("out/a.bin")).hasBinaryContent(content);
      assertThat(authorizations).containsExactly("RemoteAuth t0ken", "null");

      Files.writeString(program, "#!/bin/sh\necho 'not you' >&2; exit 1\n");
      assertThat(build(1, USER + "@forge:team/app.git?lfs=true"))
          .contains("GitAuthenticationFailed")
          .contains("not you");
    } finally {
      lfs.stop(0);
    }
  }
}
