package dev.slipway.e2e.real;

import dev.slipway.builder.image.Digest;
import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bases of the languages, under the names that people write after FROM. Each is a Dockerfile of
 * {@code dockerfiles/bases}, built by the engine on a debootstrapped Debian where the registry does
 * not have it from an earlier run.
 */
final class Bases {
  private static final Path FOLDER =
      Path.of("src/test/resources/dockerfiles/bases").toAbsolutePath();
  private static final Map<String, String> NAMES =
      Map.of(
          "python:3-slim", "python",
          "node:lts", "node",
          "golang:1", "golang",
          "maven:3", "maven",
          "gcc:12", "gcc",
          "rust:1", "rust");
  private static final String DEBIAN = "debian:stable-slim";
  private static final Pattern FROM = Pattern.compile("^FROM (\\S+)", Pattern.MULTILINE);

  private final String host;
  private final Path work;
  private final String debian;
  private final Map<String, FutureTask<Void>> made = new ConcurrentHashMap<>();

  /** Afterwards the registry has Debian; the others come when they are needed. */
  Bases(String host, Path work) throws IOException {
    this.host = host;
    this.work = work;
    Machine here = Machine.here();
    Path machine = work.resolve("machine");
    here.configure(machine);
    String files =
        Programs.run(
            "sh", "-c", "cd \"$0\" && find . -type f | sort | xargs cat", machine.toString());
    // What is kept is good for as long as it would be made in the same way.
    debian = tag(files + here);
    if (!has("library/debian:" + debian)) {
      Path login = Files.writeString(work.resolve("no-login.json"), "{}");
      DebianBase.push(work, login, host, "debian:" + debian);
    }
    name("library/debian:" + debian, DEBIAN);
  }

  /** Afterwards the registry has what this Dockerfile starts from. Safe for several threads. */
  void prepareFor(Path dockerfile) throws IOException {
    Matcher from = FROM.matcher(Files.readString(dockerfile));
    while (from.find()) {
      String name = from.group(1);
      String base = NAMES.get(name);
      if (base != null) {
        FutureTask<Void> making =
            made.computeIfAbsent(name, absent -> new FutureTask<>(() -> make(base, name)));
        making.run();
        try {
          making.get();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError(e);
        } catch (ExecutionException e) {
          throw new AssertionError("the base " + name + ": " + e.getCause().getMessage(), e);
        }
      }
    }
  }

  @SuppressWarnings("NullAway") // Void has no other value.
  private Void make(String base, String name) throws IOException {
    Path dockerfile = FOLDER.resolve(base);
    String kept = "library/" + base + ":" + tag(debian + Files.readString(dockerfile));
    if (!has(kept)) {
      Path context = Files.createDirectories(work.resolve("empty"));
      BuildProcess.run(
          List.of(
              context.toString(),
              "--file=" + dockerfile,
              "--root=" + work.resolve("store"),
              "--registry-mirror=docker.io=" + host,
              "--insecure-registry=" + host,
              "--tag=" + host + "/" + kept,
              "--push"));
    }
    name(kept, name);
    return null;
  }

  private boolean has(String name) {
    try {
      Programs.run(
          "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + host + "/" + name);
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  private void name(String from, String to) {
    Programs.run(
        "skopeo",
        "copy",
        "-q",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        "docker://" + host + "/" + from,
        "docker://" + host + "/library/" + to);
  }

  private static String tag(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 16);
  }
}
