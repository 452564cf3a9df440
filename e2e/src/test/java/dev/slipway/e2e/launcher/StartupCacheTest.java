package dev.slipway.e2e.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.e2e.cluster.registry.Registry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with the cache of loaded classes, the command works and says nothing of it. */
final class StartupCacheTest {
  private static final Path LAUNCHER = Path.of("..", "slipway").toAbsolutePath().normalize();

  @TempDir Path home;

  @BeforeEach
  void isBuilt() throws IOException {
    assumeTrue(Files.isDirectory(LAUNCHER.resolveSibling("builder/target/lib")), "not packaged");
  }

  @Test
  void isMadeOnceAndUsed() throws Exception {
    works(start());
    List<Path> made = caches();
    assertThat(made).hasSize(1);
    assertThat(Files.size(made.getFirst())).isGreaterThan(1_000_000);
    assertThat(directory().resolve("builder.log"))
        .content()
        .contains("sample0 in the second store: exit code 0");
    var time = Files.getLastModifiedTime(made.getFirst());

    works(start("SLIPWAY_JAVA_OPTS", "-XX:AOTMode=on"));

    assertThat(caches()).isEqualTo(made);
    assertThat(Files.getLastModifiedTime(made.getFirst())).isEqualTo(time);
    assertThat(directory()).isDirectoryNotContaining(path -> path.toString().contains("making"));
  }

  /** What each of these costs is more than the work of a build that finds all in its cache. */
  @Test
  void leavesOutWhatIsSlowToStart() throws Exception {
    works(start());
    Path context = Files.createDirectories(home.resolve("context"));
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY file /file\n");
    Files.writeString(context.resolve("file"), "a file");
    Path classes = home.resolve("classes");
    try (Registry registry = Registry.start(Files.createDirectories(home.resolve("registry")))) {
      for (int run = 0; run < 2; run++) {
        List<String> words = new ArrayList<>(List.of("build", "--root=" + home.resolve("store")));
        words.addAll(List.of("--progress=plain", "--tag=" + registry.host() + "/a", "--push"));
        words.add(context.toString());
        String log = "-Xlog:class+init,class+load:file=" + classes + ":none:filecount=0";
        // As without options: an orderly end looks for loggers in all jars.
        Process build = start(words, "SLIPWAY_JAVA_OPTS", "-Dslipway.exit=now " + log);
        build.getInputStream().readAllBytes();
        assertThat(build.waitFor()).isZero();
      }
    }
    assertThat(Files.readString(classes))
        .contains("Initializing 'dev/slipway/builder/registry/HttpConnection'")
        .doesNotContain("Initializing 'java/util/zip/ZipFile$Source'") // a jar that is opened
        .doesNotContain("Initializing 'java/math/BigDecimal'")
        .doesNotContain("Initializing 'com/fasterxml/jackson/databind/ObjectMapper'")
        .doesNotContain("source: file:"); // a class that is not in the cache
  }

  @Test
  void isMadeForThePluginToo() throws Exception {
    List<String> words = List.of("kubectl", "list");
    Path config =
        Files.writeString(
            home.resolve("config"),
            """
            {"clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
             "contexts": [{"name": "a", "context": {"cluster": "a"}}], "current-context": "a"}
            """);
    Path classes = home.resolve("classes");
    String log = "-Xlog:class+load:file=" + classes + ":none:filecount=0";
    for (String options : List.of("", log)) {
      Process list =
          start(
              words,
              "SLIPWAY_JAVA_OPTS",
              options,
              "KUBECONFIG",
              config.toString(),
              "KUBERNETES_REQUEST_RETRY_BACKOFFLIMIT",
              "0");
      list.getInputStream().readAllBytes();
      assertThat(list.waitFor()).isEqualTo(1);
    }
    assertThat(home.resolve("errors")).content().contains("the API server cannot be reached");
    assertThat(Files.readString(classes))
        .contains("picocli.CommandLine source: shared objects file")
        .contains("io.fabric8.kubernetes.client.KubernetesClient source: shared objects file");
  }

  @Test
  void isMadeByOneOfManyThatStartAtOnce() throws Exception {
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(start());
    }
    for (Process one : all) {
      works(one);
    }
    assertThat(caches()).hasSize(1);
  }

  @Test
  void isNotNeeded() throws Exception {
    Files.writeString(home.resolve("slipway"), "a file where a directory should be");
    works(start());
  }

  @Test
  void mayBeDamaged() throws Exception {
    works(start());
    Path cache = caches().getFirst();
    byte[] bytes = Files.readAllBytes(cache);
    Files.write(cache, java.util.Arrays.copyOf(bytes, 1000));
    works(start());
    Files.write(cache, "not a cache at all".repeat(100).getBytes(StandardCharsets.UTF_8));
    works(start());
    Files.write(cache, new byte[0]); // what is left where it could not be made
    works(start());
    assertThat(cache).isEmptyFile();
  }

  private Path directory() {
    return home.resolve("slipway/aot");
  }

  private List<Path> caches() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.filter(file -> file.toString().endsWith(".aot")).toList();
    }
  }

  private Process start(String... environment) throws IOException {
    return start(List.of("--version"), environment);
  }

  private Process start(List<String> words, String... environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(LAUNCHER.toString());
    builder.command().addAll(words);
    builder.redirectError(home.resolve("errors").toFile());
    builder.environment().put("XDG_CACHE_HOME", home.toString());
    builder.environment().put("SLIPWAY_NO_BUILD", "1");
    for (int i = 0; i < environment.length; i += 2) {
      builder.environment().put(environment[i], environment[i + 1]);
    }
    return builder.start();
  }

  private static void works(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(output).startsWith("slipway ").contains("JDK").doesNotContain("warning", "[");
  }
}
