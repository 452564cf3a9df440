package dev.slipway.e2e.cluster.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real {@code git} clones from it. */
@Timeout(60)
final class GitServerTest {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path directory;

  private Path tree() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/sub"));
    Files.writeString(tree.resolve("file"), "content");
    Path script = Files.writeString(tree.getParent().resolve("run.sh"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(tree.getParent().resolve("link"), Path.of("sub/file"));
    return tree.getParent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "2"})
  void clonesByEveryProtocolVersion(String version) throws Exception {
    try (GitServer server = GitServer.start(directory.resolve("repos"), null)) {
      BareRepository repository = server.repository("team/app");
      repository.commit("main", tree(), "First", TIME);
      Files.writeString(directory.resolve("tree/sub/file"), "changed");
      String second = repository.commit("main", directory.resolve("tree"), "Second", TIME);
      repository.tag("v1", second);
      String protocol = "protocol.version=" + version;

      git("-c", protocol, "clone", "-q", server.url("team/app").toString(), "full");
      git(
          "-c",
          protocol,
          "clone",
          "-q",
          "--depth=1",
          "-b",
          "v1",
          server.url("team/app").toString(),
          "shallow");

      assertThat(git("-C", "full", "log", "--format=%s %H"))
          .startsWith("Second " + second)
          .contains("First");
      assertThat(git("-C", "shallow", "rev-list", "--count", "HEAD")).isEqualTo("1\n");
      assertThat(directory.resolve("full/sub/file")).hasContent("changed");
      assertThat(directory.resolve("full/run.sh")).isExecutable();
      assertThat(directory.resolve("full/link")).isSymbolicLink();
    }
  }

  @Test
  void servesACommitThatItsBranchHasLeftBehind() throws Exception {
    try (GitServer server = GitServer.start(directory.resolve("repos"), null)) {
      BareRepository repository = server.repository("app");
      String first = repository.commit("main", tree(), "First", TIME);
      repository.commit("main", directory.resolve("tree"), "Second", TIME);
      git("init", "-q", "pinned");
      git("-C", "pinned", "fetch", "-q", "--depth=1", server.url("app").toString(), first);
      assertThat(git("-C", "pinned", "rev-parse", "FETCH_HEAD").strip()).isEqualTo(first);
    }
  }

  @Test
  void wantsThePassword() throws Exception {
    var credentials = new GitServer.Credentials("ann", "s3cret");
    try (GitServer server = GitServer.start(directory.resolve("repos"), credentials)) {
      server.repository("app").commit("main", tree(), "First", TIME);
      String url = server.url("app").toString();
      assertThat(git("ls-remote", url)).contains("could not read Username");
      assertThat(git("ls-remote", url.replace("//", "//ann:wrong@")))
          .contains("Authentication failed");
      assertThat(git("ls-remote", url.replace("//", "//ann:s3cret@"))).contains("refs/heads/main");
    }
  }

  @Test
  void refusesPushesAndUnknownRepositories() throws Exception {
    try (GitServer server = GitServer.start(directory.resolve("repos"), null)) {
      server.repository("app").commit("main", tree(), "First", TIME);
      git("clone", "-q", server.url("app").toString(), "full");
      assertThat(git("-C", "full", "push", "origin", "HEAD:x")).contains("403");
      assertThat(git("ls-remote", server.url("nothing").toString())).contains("not found");
      assertThat(git("ls-remote", server.url("..").toString())).contains("not found");
    }
  }

  private String git(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("GIT_TERMINAL_PROMPT", "0");
    builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
    builder.environment().put("HOME", directory.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
