package dev.slipway.e2e.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * That the image exists and works, found out without any code of Slipway: plain requests to the
 * registry, the JDK's SHA-256, {@code tar}, and {@code unshare} to run it.
 */
final class Proof {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ACCEPT =
      "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

  private final HttpClient http;
  private final String repository;
  private final String authorization;

  /**
   * @param host of the registry
   * @param authorization the header that it wants
   */
  Proof(HttpClient http, String host, String repository, String authorization) {
    this.http = http;
    this.repository = "http://" + host + "/v2/" + repository;
    this.authorization = authorization;
  }

  /** The manifest that has this digest, checked. */
  JsonNode manifest(String digest) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        http.send(request("/manifests/" + digest), BodyHandlers.ofByteArray());
    check(response.statusCode() == 200, "the registry answers " + response.statusCode());
    String actual = "sha256:" + HexFormat.of().formatHex(sha256().digest(response.body()));
    check(actual.equals(digest), "the manifest hashes to " + actual + ", not to " + digest);
    return JSON.readTree(response.body());
  }

  /** The config of the image. */
  JsonNode config(JsonNode manifest, Path directory) throws IOException, InterruptedException {
    return JSON.readTree(Files.readAllBytes(pull(manifest.path("config"), directory)));
  }

  /** Pulls all layers and unpacks them, lowest first, into {@code root}. */
  void unpack(JsonNode manifest, Path directory, Path root)
      throws IOException, InterruptedException {
    Files.createDirectories(root);
    for (JsonNode layer : manifest.path("layers")) {
      Path blob = pull(layer, directory);
      run(
          List.of(
              "tar", "-x", "-p", "--no-same-owner", "-f", blob.toString(), "-C", root.toString()));
    }
  }

  private Path pull(JsonNode descriptor, Path directory) throws IOException, InterruptedException {
    String digest = descriptor.path("digest").asText();
    Path file = directory.resolve(digest.replace(':', '-'));
    MessageDigest hash = sha256();
    HttpResponse<InputStream> response =
        http.send(request("/blobs/" + digest), BodyHandlers.ofInputStream());
    check(response.statusCode() == 200, "the registry answers " + response.statusCode());
    try (InputStream in = response.body();
        var out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[64 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        hash.update(buffer, 0, read);
        out.write(buffer, 0, read);
      }
    }
    String actual = "sha256:" + HexFormat.of().formatHex(hash.digest());
    check(actual.equals(digest), "a blob hashes to " + actual + ", not to " + digest);
    return file;
  }

  /** Runs what the config says in {@code root}; returns what it printed. */
  static String start(JsonNode config, Path root) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("unshare", "--mount", "--pid", "--fork"));
    command.addAll(List.of("--kill-child", "--root", root.toString()));
    JsonNode settings = config.path("config");
    String directory = settings.path("WorkingDir").asText("");
    command.addAll(List.of("--wd", directory.isEmpty() ? "/" : directory, "env", "-i"));
    settings.path("Env").forEach(variable -> command.add(variable.asText()));
    settings.path("Entrypoint").forEach(word -> command.add(word.asText()));
    settings.path("Cmd").forEach(word -> command.add(word.asText()));
    return run(command);
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(URI.create(repository + path))
        .header("Authorization", authorization)
        .header("Accept", ACCEPT)
        .build();
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    check(exit == 0, String.join(" ", command) + " ended with " + exit + ": " + output);
    return output;
  }

  private static void check(boolean holds, String otherwise) throws IOException {
    if (!holds) {
      throw new IOException(otherwise);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
