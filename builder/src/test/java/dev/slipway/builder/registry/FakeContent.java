package dev.slipway.builder.registry;

import com.sun.net.httpserver.HttpExchange;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.registry.FakeRegistry.Fault;
import dev.slipway.builder.registry.FakeRegistry.Seen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a {@link FakeRegistry} keeps, and how it is asked for and sent. */
final class FakeContent {
  static final Pattern PATH = Pattern.compile("/v2/(.+)/(blobs|manifests|tags|referrers)/(.+)");

  record Stored(String mediaType, byte[] bytes) {}

  final Map<String, Map<String, byte[]>> blobs = new ConcurrentHashMap<>();
  final Map<String, Map<String, Stored>> manifests = new ConcurrentHashMap<>();
  final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();

  volatile @Nullable String blobHost;
  volatile boolean ranges = true;
  volatile boolean mounts = true;
  volatile boolean referrersApi = true;
  volatile int pageSize = 100;

  Map<String, byte[]> repository(String name) {
    return blobs.computeIfAbsent(name, r -> new ConcurrentHashMap<>());
  }

  void addManifest(String repository, String tag, String mediaType, byte[] bytes) {
    Map<String, Stored> all = manifests.computeIfAbsent(repository, r -> new ConcurrentHashMap<>());
    all.put(tag, new Stored(mediaType, bytes));
    all.put(Digest.sha256(bytes).toString(), new Stored(mediaType, bytes));
  }

  void route(
      HttpExchange exchange,
      Seen request,
      String path,
      Map<String, String> query,
      FakeAnswer answer)
      throws IOException {
    Matcher matcher = PATH.matcher(path);
    if (path.equals("/v2/")) {
      answer.send(200, "{}");
    } else if (path.startsWith("/blob-store/")) {
      String digest = path.substring("/blob-store/".length());
      byte[] bytes =
          blobs.values().stream()
              .map(all -> all.get(digest))
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElse(null);
      sendBlob(request, bytes, answer);
    } else if (path.matches("/v2/.+/blobs/uploads/")) {
      startUpload(
          request, path.substring(4, path.length() - "/blobs/uploads/".length()), query, answer);
    } else if (!matcher.matches()) {
      answer.send(404, "{}");
    } else if (matcher.group(3).startsWith("uploads/")) {
      upload(exchange, request, matcher.group(1), matcher.group(3), query, answer);
    } else {
      switch (matcher.group(2)) {
        case "blobs" -> blob(request, matcher.group(1), matcher.group(3), answer);
        case "manifests" -> manifest(exchange, request, matcher.group(1), matcher.group(3), answer);
        case "tags" -> tags(matcher.group(1), query, answer);
        default -> referrers(matcher.group(1), matcher.group(3), answer);
      }
    }
  }

  private void blob(Seen request, String repository, String digest, FakeAnswer answer)
      throws IOException {
    byte[] bytes = blobs.getOrDefault(repository, Map.of()).get(digest);
    if (bytes != null && blobHost != null && request.method().equals("GET")) {
      answer.header("Location", blobHost + "/blob-store/" + digest);
      answer.send(307, "");
      return;
    }
    answer.header("Docker-Content-Digest", digest);
    sendBlob(request, bytes, answer);
  }

  private void sendBlob(Seen request, byte @Nullable [] bytes, FakeAnswer answer)
      throws IOException {
    if (bytes == null) {
      answer.send(404, "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown\"}]}");
      return;
    }
    String range = request.header("Range");
    if (ranges && range.startsWith("bytes=")) {
      int from = Integer.parseInt(range.substring(6, range.length() - 1));
      answer.header(
          "Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
      answer.send(206, Arrays.copyOfRange(bytes, from, bytes.length));
    } else {
      answer.send(200, bytes);
    }
  }

  private void startUpload(
      Seen request, String repository, Map<String, String> query, FakeAnswer answer)
      throws IOException {
    String mount = query.get("mount");
    if (mount != null && mounts) {
      byte[] bytes = blobs.getOrDefault(query.getOrDefault("from", ""), Map.of()).get(mount);
      if (bytes != null) {
        repository(repository).put(mount, bytes);
        answer.header("Docker-Content-Digest", mount);
        answer.send(201, "");
        return;
      }
    }
    String id = "u" + request.number();
    uploads.put(id, new ByteArrayOutputStream());
    answer.header("Location", "/v2/" + repository + "/blobs/uploads/" + id + "?_state=s0");
    answer.send(202, "");
  }

  private void upload(
      HttpExchange exchange,
      Seen request,
      String repository,
      String rest,
      Map<String, String> query,
      FakeAnswer answer)
      throws IOException {
    String id = rest.substring("uploads/".length());
    ByteArrayOutputStream upload = uploads.get(id);
    if (upload == null) {
      answer.send(404, "{\"errors\":[{\"code\":\"BLOB_UPLOAD_UNKNOWN\",\"message\":\"gone\"}]}");
      return;
    }
    String place = "/v2/" + repository + "/blobs/uploads/" + id;
    switch (request.method()) {
      case "GET" -> {
        answer.header("Location", place + "?_state=s" + upload.size());
        answer.header("Range", "0-" + Math.max(0, upload.size() - 1));
        answer.send(204, "");
      }
      case "DELETE" -> {
        uploads.remove(id);
        answer.send(204, "");
      }
      case "PATCH" -> {
        String range = request.header("Content-Range");
        if (!range.isEmpty() && !range.startsWith(upload.size() + "-")) {
          answer.send(416, "{}");
          return;
        }
        if (!receive(exchange, upload, answer)) {
          return;
        }
        answer.header("Location", place + "?_state=s" + upload.size());
        answer.header("Range", "0-" + (upload.size() - 1));
        answer.send(202, "");
      }
      case "PUT" -> {
        if (!receive(exchange, upload, answer)) {
          return;
        }
        Digest digest = Digest.sha256(upload.toByteArray());
        if (!digest.toString().equals(query.get("digest"))) {
          answer.send(
              400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"does not match\"}]}");
          return;
        }
        uploads.remove(id);
        repository(repository).put(digest.toString(), upload.toByteArray());
        answer.header("Docker-Content-Digest", digest.toString());
        answer.send(201, "");
      }
      default -> answer.send(405, "{}");
    }
  }

  /** Takes a body, whole or as far as a fault lets it. */
  private static boolean receive(
      HttpExchange exchange, ByteArrayOutputStream upload, FakeAnswer answer) throws IOException {
    InputStream in = exchange.getRequestBody();
    if (answer.fault instanceof Fault.DropUpload drop) {
      upload.write(in.readNBytes(drop.after()));
      return false;
    }
    in.transferTo(upload);
    return true;
  }

  private void manifest(
      HttpExchange exchange, Seen request, String repository, String name, FakeAnswer answer)
      throws IOException {
    Map<String, Stored> all = manifests.computeIfAbsent(repository, r -> new ConcurrentHashMap<>());
    Stored stored = all.get(name);
    switch (request.method()) {
      case "PUT" -> {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        Digest digest = Digest.sha256(bytes);
        if (name.startsWith("sha256:") && !name.equals(digest.toString())) {
          answer.send(400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"\"}]}");
          return;
        }
        addManifest(repository, name, request.header("Content-Type"), bytes);
        answer.header("Docker-Content-Digest", digest.toString());
        answer.send(201, "");
      }
      case "DELETE" -> {
        all.remove(name);
        answer.send(stored == null ? 404 : 202, "");
      }
      default -> {
        if (stored == null) {
          answer.send(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"\"}]}");
          return;
        }
        answer.header("Content-Type", stored.mediaType);
        answer.header("Docker-Content-Digest", Digest.sha256(stored.bytes).toString());
        answer.send(200, stored.bytes);
      }
    }
  }

  private void tags(String repository, Map<String, String> query, FakeAnswer answer)
      throws IOException {
    List<String> all =
        new ArrayList<>(manifests.getOrDefault(repository, Map.of()).keySet())
            .stream()
                .filter(name -> !name.startsWith("sha256:"))
                .filter(name -> name.compareTo(query.getOrDefault("last", "")) > 0)
                .sorted()
                .toList();
    if (!manifests.containsKey(repository)) {
      answer.send(404, "{}");
      return;
    }
    List<String> page = all.subList(0, Math.min(pageSize, all.size()));
    if (page.size() < all.size()) {
      answer.header(
          "Link", "</v2/" + repository + "/tags/list?last=" + page.getLast() + ">; rel=\"next\"");
    }
    answer.send(
        200,
        "{\"name\":\"%s\",\"tags\":[%s]}"
            .formatted(
                repository, String.join(",", page.stream().map(t -> "\"" + t + "\"").toList())));
  }

  private void referrers(String repository, String digest, FakeAnswer answer) throws IOException {
    if (!referrersApi) {
      answer.send(404, "{}");
      return;
    }
    List<String> entries = new ArrayList<>();
    manifests
        .getOrDefault(repository, Map.of())
        .forEach((name, stored) -> {
          String text = new String(stored.bytes, StandardCharsets.UTF_8);
          if (name.startsWith("sha256:") && text.contains("\"subject\"") && text.contains(digest)) {
            entries.add(
                "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
                    .formatted(stored.mediaType, name, stored.bytes.length));
          }
        });
    answer.header("Content-Type", "application/vnd.oci.image.index.v1+json");
    answer.send(200, "{\"schemaVersion\":2,\"manifests\":[" + String.join(",", entries) + "]}");
  }
}
