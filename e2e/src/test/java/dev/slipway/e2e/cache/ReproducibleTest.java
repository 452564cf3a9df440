package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The same sources give the same image, whoever builds them, where and when. */
@Timeout(300)
final class ReproducibleTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  Path dir;

  private Path context;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        Files.exists(Path.of("/bin/busybox")), "busybox-static is needed; `make test` installs it");
    context = Files.createDirectories(dir.resolve("context"));
    Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
    Files.createDirectories(context.resolve("src/deep"));
    Files.writeString(context.resolve("src/main.c"), "int main;\n");
    Files.writeString(context.resolve("src/deep/Ünïcode"), "x");
    Files.createSymbolicLink(context.resolve("src/link"), Path.of("main.c"));
    dockerfile("RUN date +%Y > /dev/null; ls -lR /src | wc -c > /dev/null; cp -r /src /copy");
  }

  @AfterEach
  void stop() {
    Programs.run("rm", "-rf", "--one-file-system", dir.toString());
  }

  private void dockerfile(String run) throws IOException {
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM scratch AS made
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "/bin"]
        COPY src /src
        %s

        FROM made
        WORKDIR /work/deep
        COPY --from=made --chown=12:34 /copy* .
        RUN touch /work/now && chmod 600 /work/now
        """
            .formatted(run));
  }

  private Builder.Ended build(
      Path from, String store, Map<String, String> environment, List<String> before)
      throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.put("SOURCE_DATE_EPOCH", "1700000000");
    return new Builder(Files.createDirectories(dir.resolve("results-" + store)), all, before)
        .build(dir.resolve("store-" + store), from.toString())
        .succeeded();
  }

  @Test
  void neitherTheMachineNorTheDayNorTheCacheIsInTheImage() throws IOException {
    Builder.Ended first = build(context, "1", Map.of(), List.of());
    Builder.Ended cached = build(context, "1", Map.of(), List.of());
    assertThat(cached.misses()).isZero();
    assertThat(cached.digest()).as("cached").isEqualTo(first.digest());

    // Another checkout at another time, by somebody with a strict umask.
    Path other = dir.resolve("elsewhere/checkout");
    // Modes are content, which Git restores whatever the umask.
    Programs.run("mkdir", "-p", other.getParent().toString());
    Programs.run("cp", "-r", "--preserve=mode,links", context.toString(), other.toString());
    Programs.run("find", other.toString(), "-exec", "touch", "-h", "-d", "2001-02-03", "{}", "+");
    assertThat(
            build(
                    other,
                    "2",
                    Map.of("TZ", "Asia/Tokyo", "LC_ALL", "C", "LANG", "tr_TR.UTF-8"),
                    List.of("sh", "-c", "umask 077; exec \"$@\"", "sh"))
                .digest())
        .as("another machine, locale, time zone and umask")
        .isEqualTo(first.digest());
  }

  @Test
  void verifyingAReproducibleBuildSucceedsAndSaysSo() throws IOException {
    Builder.Ended ended =
        new Builder(dir)
            .build(dir.resolve("store"), "--verify-reproducible", context.toString())
            .succeeded();
    assertThat(ended.output())
        .contains("SOURCE_DATE_EPOCH=")
        .contains("reproducible: a second build from nothing gave the same digest");
  }

  @Test
  void verifyingNamesTheFirstFileThatDiffersAndHow() throws IOException {
    dockerfile("RUN cp -r /src /copy && head -c 8 /dev/urandom > /copy/random");
    Builder.Ended ended =
        new Builder(dir).build(dir.resolve("store"), "--verify-reproducible", context.toString());
    assertThat(ended.exit()).as(ended.output()).isEqualTo(1);
    assertThat(ended.result().at("/failure/reason").asText()).isEqualTo("NotReproducible");
    assertThat(ended.result().at("/failure/message").asText())
        .contains("layer 4 (RUN ")
        .contains("/copy/random: content sha256:");
  }

  @Test
  void standardInputCannotBeBuiltTwice() throws IOException {
    Builder.Ended ended =
        new Builder(dir).build(dir.resolve("store"), "--verify-reproducible", "-");
    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.output()).contains("standard input can be read once");
  }
}
