package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Dockerfiles shaped like those that people write, each in a folder of {@code
 * src/test/resources/dockerfiles}: the engine builds it, umoci unpacks it, and its program must
 * print {@code expect.out}. A folder may also have
 *
 * <ul>
 *   <li>{@code expect.json}: what its configuration must have at least
 *   <li>{@code expect.run}: what to run instead of its own entrypoint, as JSON
 *   <li>{@code flags}: of {@code slipway build}, one a line
 * </ul>
 *
 * <p>Packages come from Debian and from the registries of the languages, as this machine reaches
 * them; its own settings for those are build secrets. Most of their time is waiting, so a few are
 * built side by side. {@code -Ddockerfiles=one,other} runs some.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealDockerfilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FOLDERS = Path.of("src/test/resources/dockerfiles").toAbsolutePath();
  private static final Path USER_HOME = Path.of(System.getProperty("user.home"));

  /** Settings of this machine by the id of the secret; empty where it has none. */
  private static final Map<String, Path> SETTINGS =
      Map.of(
          "npmrc", USER_HOME.resolve(".npmrc"),
          "pip", Path.of("/etc/pip.conf"),
          "maven", USER_HOME.resolve(".m2/settings.xml"));

  private static final int SIDE_BY_SIDE = 3;

  private final ExecutorService threads = Executors.newFixedThreadPool(SIDE_BY_SIDE);
  private final Map<String, Future<?>> cases = new HashMap<>();
  private Path work;
  private RegistryProcess registry;
  private Bases bases;

  @BeforeAll
  void start() throws IOException {
    for (String program : List.of("docker-registry", "debootstrap", "skopeo", "umoci")) {
      assumeTrue(
          Programs.find(program).isPresent(),
          program + " is not installed; `make test` installs what these tests need");
    }
    assumeTrue("root".equals(System.getProperty("user.name")), "debootstrap needs root");
    work = Files.createTempDirectory("slipway-dockerfiles");
    // The bases stay in the registry's data from run to run.
    Path state = Files.createDirectories(work.resolve("registry"));
    Path kept = Files.createDirectories(TestCache.directory().resolve("bases"));
    Files.createSymbolicLink(state.resolve("data"), kept);
    registry = RegistryProcess.dockerRegistry(state, null);
    bases = new Bases(registry.host(), work);
    for (String name : folders()) {
      cases.put(
          name,
          threads.submit(() -> {
            check(name);
            return name;
          }));
    }
  }

  @AfterAll
  void stop() {
    threads.shutdownNow();
    threads.close();
    if (registry != null) {
      registry.close();
    }
    if (work != null) {
      Programs.run("rm", "-rf", "--one-file-system", work.toString());
    }
  }

  /** All of them, or those that {@code -Ddockerfiles=one,other} names. */
  static List<String> folders() throws IOException {
    String some = System.getProperty("dockerfiles", "");
    if (!some.isEmpty()) {
      return List.of(some.split(",", -1));
    }
    try (Stream<Path> all = Files.list(FOLDERS)) {
      return all.map(folder -> folder.getFileName().toString())
          .filter(name -> !name.equals("bases"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void itsProgramRuns(String name) throws Exception {
    try {
      cases.get(name).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AssertionError wrong) {
        throw wrong;
      }
      throw e;
    }
  }

  private void check(String name) throws IOException {
    Path folder = FOLDERS.resolve(name);
    Path context = work.resolve(name);
    Programs.run("cp", "-a", folder.toString(), context.toString());
    for (String ours : List.of("expect.out", "expect.json", "expect.run", "flags")) {
      Files.deleteIfExists(context.resolve(ours));
    }
    bases.prepareFor(folder.resolve("Dockerfile"));
    Path image = work.resolve(name + ".tar");
    build(context, image, lines(folder.resolve("flags")));

    Path layout = work.resolve(name + ".oci");
    Programs.run("skopeo", "copy", "-q", "oci-archive:" + image, "oci:" + layout + ":it");
    JsonNode config = config(layout);
    if (Files.exists(folder.resolve("expect.json"))) {
      JsonNode expected = JSON.readTree(folder.resolve("expect.json").toFile());
      expected
          .properties()
          .forEach(field ->
              assertThat(config.path(field.getKey()))
                  .as(field.getKey())
                  .isEqualTo(field.getValue()));
    }
    Path bundle = work.resolve(name + ".bundle");
    Programs.run("umoci", "unpack", "--image", layout + ":it", bundle.toString());
    Container container = new Container(bundle.resolve("rootfs"), config);
    Path run = folder.resolve("expect.run");
    String output =
        Files.exists(run)
            ? container.run(strings(JSON.readTree(run.toFile())))
            : container.run(List.of());
    assertThat(output).isEqualTo(Files.readString(folder.resolve("expect.out")));
    Programs.run(
        "rm",
        "-rf",
        "--one-file-system",
        bundle.toString(),
        layout.toString(),
        image.toString(),
        context.toString());
  }

  private void build(Path context, Path image, List<String> flags) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                context.toString(),
                "--root=" + work.resolve("store"),
                "--registry-mirror=docker.io=" + registry.host(),
                "--insecure-registry=" + registry.host(),
                "--output=type=oci,dest=" + image));
    for (var setting : SETTINGS.entrySet()) {
      Path file = setting.getValue();
      if (!Files.isReadable(file)) {
        file = context.resolveSibling(context.getFileName() + ".no-" + setting.getKey());
        Files.writeString(file, setting.getKey().equals("maven") ? "<settings/>" : "");
      }
      command.add("--secret=id=" + setting.getKey() + ",src=" + file);
    }
    for (String variable : List.of("GOPROXY", "http_proxy", "https_proxy", "no_proxy")) {
      if (System.getenv(variable) != null) {
        command.add("--build-arg=" + variable + "=" + System.getenv(variable));
      }
    }
    flags.forEach(flag -> command.add(flag.replace("src=", "src=" + context + "/")));
    BuildProcess.run(command);
  }

  /** As it is: skopeo shows only the fields of the OCI specification, so no health check. */
  private static JsonNode config(Path layout) throws IOException {
    JsonNode index = JSON.readTree(layout.resolve("index.json").toFile());
    JsonNode manifest = blob(layout, index.at("/manifests/0/digest").asText());
    return blob(layout, manifest.at("/config/digest").asText()).path("config");
  }

  private static JsonNode blob(Path layout, String digest) throws IOException {
    return JSON.readTree(layout.resolve("blobs").resolve(digest.replace(':', '/')).toFile());
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static List<String> strings(JsonNode array) {
    return array.valueStream().map(JsonNode::asText).toList();
  }
}
