package dev.slipway.e2e.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Debian's {@code buildah}, with a store of its own. Needs root. */
final class Buildah implements Engine {
  private static final String PATIENCE_SECONDS = "60";

  /** What {@code timeout} ends with when it had to end the program. */
  private static final int TIMED_OUT = 124;

  private final Path state;
  private final List<String> global;

  Buildah(Path state, String registry) throws IOException {
    this.state = Files.createDirectories(state);
    Files.writeString(
        state.resolve("registries.conf"),
        """
        unqualified-search-registries = ["docker.io"]
        [[registry]]
        prefix = "docker.io"
        location = "%1$s"
        insecure = true
        """
            .formatted(registry));
    Files.writeString(
        state.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
    global =
        List.of(
            "buildah",
            "--root=" + state.resolve("root"),
            "--runroot=" + state.resolve("run"),
            "--storage-driver=overlay",
            "--registries-conf=" + state.resolve("registries.conf"));
  }

  String version() throws IOException {
    return Command.word(Command.of("buildah", "--version").check(), 2);
  }

  @Override
  public Outcome build(CaseFolder.Prepared build) throws IOException {
    CaseSpec spec = build.spec();
    List<String> words = new ArrayList<>(List.of("timeout", "--kill-after=5", PATIENCE_SECONDS));
    words.addAll(global);
    words.addAll(
        List.of(
            "build",
            "--isolation=chroot",
            "--layers",
            "--no-cache",
            "--pull=false", // a base that it has: each pull tries TLS first and waits for it
            "-q",
            "--identity-label=false"));
    words.add("--signature-policy=" + state.resolve("policy.json"));
    words.add("--tag=case");
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
    Command.Result result = Command.of(words).run();
    String log = result.output();
    if (result.exit() == TIMED_OUT) {
      throw new IOException("did not end within " + PATIENCE_SECONDS + " s");
    }
    boolean success = result.exit() == 0;
    if (success) {
      List<String> push = new ArrayList<>(global);
      push.addAll(
          List.of("push", "-q", "--signature-policy=" + state.resolve("policy.json"), "case"));
      push.add("oci-archive:" + build.archive());
      Command.Result pushed = Command.of(push).run();
      success = pushed.exit() == 0;
      log += pushed.output();
      List<String> remove = new ArrayList<>(global);
      remove.addAll(List.of("rmi", "-f", "case"));
      Command.of(remove).run();
    }
    return new Outcome(success, log, "", 0, -1);
  }
}
