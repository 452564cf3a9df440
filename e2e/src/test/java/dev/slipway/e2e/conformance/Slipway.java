package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Our engine, in this JVM, through its command line. */
final class Slipway implements Engine {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path store;
  private final String registry;
  private final Optional<String> isolation;

  /**
   * @param store the content store that all cases share
   * @param registry the mirror that stands in for Docker Hub
   * @param isolation the tier of RUN steps; empty for the strongest
   */
  Slipway(Path store, String registry, Optional<String> isolation) {
    this.store = store;
    this.registry = registry;
    this.isolation = isolation;
  }

  @Override
  public Outcome build(CaseFolder.Prepared build) throws IOException {
    CaseSpec spec = build.spec();
    Path result = build.archive().resolveSibling("result.json");
    List<String> words = new ArrayList<>(List.of("build", "--progress=plain", "--no-cache"));
    words.add("--root=" + store);
    words.add("--registry-mirror=docker.io=http://" + registry);
    words.add("--output=type=oci,dest=" + build.archive());
    words.add("--result-file=" + result);
    isolation.ifPresent(tier -> words.add("--isolation=" + tier));
    if (spec.remoteContext() == null) {
      words.add("--file=" + build.dockerfile().resolve(build.dockerfileName()));
    } else if (spec.file() != null) {
      words.add("--file=" + spec.file());
    }
    if (spec.target() != null) {
      words.add("--target=" + spec.target());
    }
    if (spec.platform() != null) {
      words.add("--platform=" + spec.platform());
    }
    if (spec.network() != null) {
      words.add("--network=" + spec.network());
    }
    spec.addHosts().forEach(host -> words.add("--add-host=" + host));
    build.buildArgs().forEach((key, value) -> words.add("--build-arg=" + key + "=" + value));
    spec.labels().forEach((key, value) -> words.add("--label=" + key + "=" + value));
    build.secrets().forEach((id, file) -> words.add("--secret=id=" + id + ",src=" + file));
    build.contexts().forEach((id, value) -> words.add("--build-context=" + id + "=" + value));
    words.add(build.context());
    int exit = Main.run(words.toArray(String[]::new));
    JsonNode failure =
        Files.exists(result)
            ? JSON.readTree(Files.readAllBytes(result)).path("failure")
            : JSON.createObjectNode();
    return new Outcome(
        exit == 0,
        failure.path("message").asText(),
        failure.path("reason").asText(),
        failure.path("line").asInt(),
        failure.path("exitCode").asInt(-1));
  }
}
