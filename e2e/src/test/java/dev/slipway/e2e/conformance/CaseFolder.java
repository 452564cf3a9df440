package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One case as it lies in the repository. */
record CaseFolder(String name, Path folder, CaseSpec spec) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** All cases below {@code root}, by name {@code area/case}. */
  static List<CaseFolder> all(Path root) throws IOException {
    try (Stream<Path> specs = Files.find(root, 3, (path, a) -> path.endsWith("case.json"))) {
      return specs.sorted().map(spec -> read(root, spec)).toList();
    }
  }

  private static CaseFolder read(Path root, Path spec) {
    Path folder = spec.getParent();
    if (folder == null) {
      throw new IllegalArgumentException(spec.toString());
    }
    try {
      return new CaseFolder(
          root.relativize(folder).toString(),
          folder,
          JSON.readValue(Files.readAllBytes(spec), CaseSpec.class));
    } catch (IOException e) {
      throw new UncheckedIOException(spec + ": " + e.getMessage(), e);
    }
  }

  @Nullable JsonNode golden() throws IOException {
    Path file = goldenFile();
    return Files.exists(file) ? JSON.readTree(Files.readAllBytes(file)) : null;
  }

  Path goldenFile() {
    return folder.resolve("expected.json");
  }

  /**
   * A case laid out to be built.
   *
   * @param context a folder, or an address
   * @param dockerfile the folder that holds the Dockerfile
   * @param dockerfileName its path in that folder
   * @param contexts a folder, or a reference
   */
  record Prepared(
      CaseSpec spec,
      String context,
      Path dockerfile,
      String dockerfileName,
      Map<String, String> buildArgs,
      Map<String, Path> secrets,
      Map<String, String> contexts,
      Path archive) {}

  /** Lays the case out below {@code work}, which must not exist yet. */
  Prepared prepare(Path work, Addresses addresses) throws IOException {
    Path context = work.resolve("context");
    ContextFiles.lay(folder.resolve("context"), spec.setup(), context);
    Path dockerfile = Files.createDirectories(work.resolve("dockerfile"));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String fileName = file.getFileName().toString();
        if (fileName.startsWith("Dockerfile")) {
          Files.copy(file, dockerfile.resolve(fileName));
        }
      }
    }
    Map<String, String> buildArgs = new TreeMap<>();
    spec.buildArgs().forEach((key, value) -> buildArgs.put(key, addresses.resolve(value)));
    Map<String, Path> secrets = new TreeMap<>();
    for (Map.Entry<String, String> secret : spec.secrets().entrySet()) {
      Path file = Files.createDirectories(work.resolve("secrets")).resolve(secret.getKey());
      Files.writeString(file, secret.getValue());
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      secrets.put(secret.getKey(), file);
    }
    Map<String, String> contexts = new TreeMap<>();
    for (Map.Entry<String, String> named : spec.contexts().entrySet()) {
      String value = addresses.resolve(named.getValue());
      if (value.equals("dir")) {
        Path to = work.resolve("contexts").resolve(named.getKey());
        ContextFiles.lay(folder.resolve("contexts").resolve(named.getKey()), List.of(), to);
        value = to.toString();
      }
      contexts.put(named.getKey(), value);
    }
    String remote = spec.remoteContext();
    return new Prepared(
        spec,
        remote == null ? context.toString() : addresses.resolve(remote),
        spec.file() == null ? dockerfile : context,
        spec.file() == null ? "Dockerfile" : spec.file(),
        buildArgs,
        secrets,
        contexts,
        work.resolve("image.tar"));
  }
}
