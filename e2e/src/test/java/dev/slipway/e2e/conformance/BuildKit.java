package dev.slipway.e2e.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code buildkitd} of our own, and {@code buildctl} against it. Needs root. */
final class BuildKit implements Engine, AutoCloseable {
  private static final Pattern LINE = Pattern.compile("(?m)^Dockerfile[^:\n]*:(\\d+)$");
  private static final Pattern EXIT =
      Pattern.compile("did not complete successfully: exit code: (\\d+)");

  private final Path bin;
  private final Process daemon;
  private final String address;

  BuildKit(Path bin, Path state, String registry) throws IOException {
    this.bin = bin;
    Files.createDirectories(state);
    Path config = state.resolve("buildkitd.toml");
    Files.writeString(
        config,
        """
        [worker.oci]
          enabled = true
          networkMode = "host"
          binary = "runc"
        [worker.containerd]
          enabled = false
        [registry."docker.io"]
          mirrors = ["%1$s"]
        [registry."%1$s"]
          http = true
        """
            .formatted(registry));
    address = "unix://" + state.resolve("buildkitd.sock");
    daemon =
        new ProcessBuilder(
                bin.resolve("buildkitd").toString(),
                "--config=" + config,
                "--root=" + state.resolve("root"),
                "--addr=" + address)
            .redirectErrorStream(true)
            .redirectOutput(state.resolve("buildkitd.log").toFile())
            .start();
    for (int i = 0; Command.of(control("debug", "workers")).run().exit() != 0; i++) {
      if (i > 100 || !daemon.isAlive()) {
        throw new IOException("buildkitd does not start: " + state.resolve("buildkitd.log"));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  String version() throws IOException {
    return Command.word(Command.of(bin.resolve("buildkitd").toString(), "--version").check(), 2);
  }

  private List<String> control(String... words) {
    List<String> command = new ArrayList<>();
    command.add(bin.resolve("buildctl").toString());
    command.add("--addr=" + address);
    command.addAll(List.of(words));
    return command;
  }

  @Override
  public Outcome build(CaseFolder.Prepared build) throws IOException {
    CaseSpec spec = build.spec();
    List<String> words =
        control("build", "--frontend=dockerfile.v0", "--progress=plain", "--no-cache");
    words.add("--output=type=oci,dest=" + build.archive());
    if (spec.remoteContext() == null) {
      words.add("--local=context=" + build.context());
      words.add("--local=dockerfile=" + build.dockerfile());
      words.add("--opt=filename=" + build.dockerfileName());
    } else {
      words.add("--opt=context=" + build.context());
      if (spec.file() != null) {
        words.add("--opt=filename=" + spec.file());
      }
    }
    if (spec.target() != null) {
      words.add("--opt=target=" + spec.target());
    }
    if (spec.platform() != null) {
      words.add("--opt=platform=" + spec.platform());
    }
    if (spec.network() != null) {
      words.add("--opt=force-network-mode=" + spec.network());
    }
    if (!spec.addHosts().isEmpty()) {
      words.add("--opt=add-hosts=" + String.join(",", spec.addHosts()).replace(":", "="));
    }
    build.buildArgs().forEach((key, value) -> words.add("--opt=build-arg:" + key + "=" + value));
    spec.labels().forEach((key, value) -> words.add("--opt=label:" + key + "=" + value));
    build.secrets().forEach((id, file) -> words.add("--secret=id=" + id + ",src=" + file));
    for (Map.Entry<String, String> context : build.contexts().entrySet()) {
      String value = context.getValue();
      if (value.startsWith("/")) {
        words.add("--local=" + context.getKey() + "=" + value);
        value = "local:" + context.getKey();
      }
      words.add("--opt=context:" + context.getKey() + "=" + value);
    }
    // What it keeps of an earlier context would stand for files of the same size and time in this.
    Command.of(control("prune", "--all", "--filter=type==source.local")).check();
    Command.Result result = Command.of(words).run();
    Matcher line = LINE.matcher(result.output());
    Matcher exit = EXIT.matcher(result.output());
    return new Outcome(
        result.exit() == 0,
        result.output(),
        "",
        line.find() ? Integer.parseInt(line.group(1)) : 0,
        exit.find() ? Integer.parseInt(exit.group(1)) : -1);
  }

  @Override
  public void close() throws IOException {
    daemon.destroy();
    try {
      if (!daemon.waitFor(30, TimeUnit.SECONDS)) {
        daemon.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
