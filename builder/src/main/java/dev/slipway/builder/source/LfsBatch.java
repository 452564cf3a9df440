package dev.slipway.builder.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The documents of the <a
 * href="https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md">batch API</a>.
 */
final class LfsBatch {
  static final String MEDIA_TYPE = "application/vnd.git-lfs+json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private LfsBatch() {}

  /** What the server says of one object. */
  sealed interface Answer {}

  /**
   * Where to download it.
   *
   * @param headers for the host of {@code url} only
   * @param authenticated whether the headers are all that it wants to see
   */
  record Download(URI url, Map<String, String> headers, boolean authenticated) implements Answer {}

  /**
   * It cannot be had.
   *
   * @param code a status of HTTP
   */
  record Missing(int code, String message) implements Answer {}

  /**
   * Asks for objects.
   *
   * @param ref what is built; empty where it is a commit that no ref names
   */
  static byte[] request(List<LfsFile> wanted, String ref) {
    ObjectNode body = JSON.createObjectNode();
    body.put("operation", "download").put("hash_algo", "sha256").putArray("transfers").add("basic");
    if (!ref.isEmpty()) {
      body.putObject("ref").put("name", ref);
    }
    var objects = body.putArray("objects");
    wanted.forEach(p -> objects.addObject().put("oid", p.oid()).put("size", p.size()));
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The answers by object ID; those that were not asked for are left out.
   *
   * @param endpoint whose answer it is: an https server may not lead to http
   * @throws BuildException DOWNLOAD for what is no answer, or an unsafe one
   */
  static Map<String, Answer> answers(byte[] body, List<LfsFile> wanted, LfsEndpoint endpoint) {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (IOException e) {
      throw invalid(endpoint, "answered with what is no JSON");
    }
    String transfer = root.path("transfer").asText("basic");
    String hash = root.path("hash_algo").asText("sha256");
    if (!transfer.equals("basic") || !hash.equals("sha256")) {
      throw invalid(
          endpoint, "wants the transfer " + transfer + " with " + hash + ", not basic with sha256");
    }
    Map<String, LfsFile> byId = new HashMap<>();
    wanted.forEach(file -> byId.put(file.oid(), file));
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (JsonNode object : root.path("objects")) {
      LfsFile file = byId.get(object.path("oid").asText());
      if (file != null) {
        answers.put(file.oid(), answer(object, file, endpoint));
      }
    }
    return answers;
  }

  private static Answer answer(JsonNode object, LfsFile file, LfsEndpoint endpoint) {
    JsonNode error = object.path("error");
    if (error.isObject()) {
      return new Missing(error.path("code").asInt(), error.path("message").asText("no reason"));
    }
    JsonNode action = object.path("actions").path("download");
    if (!action.isObject()) {
      return new Missing(404, "the server names no place for it");
    }
    if (object.path("size").asLong(file.size()) != file.size()) {
      throw new BuildException(
              ErrorCode.DIGEST_MISMATCH,
              "%s has %s bytes at the LFS server %s, but its pointer promises %d"
                  .formatted(file, object.path("size").asText(), endpoint, file.size()))
          .withRetryable(false);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    action
        .path("header")
        .properties()
        .forEach(header -> headers.put(header.getKey(), header.getValue().asText()));
    for (var header : headers.entrySet()) {
      if ((header.getKey() + header.getValue()).chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
        throw invalid(endpoint, "answers with a header that holds control characters");
      }
    }
    return new Download(
        place(action.path("href").asText(), endpoint),
        Map.copyOf(headers),
        object.path("authenticated").asBoolean(false));
  }

  private static URI place(String href, LfsEndpoint endpoint) {
    URI url;
    try {
      url = endpoint.url().resolve(new URI(href));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw invalid(endpoint, "names a place for an object that is no URL");
    }
    if (!HttpRequests.isHttp(url)) {
      throw invalid(endpoint, "names a place for an object that is not http or https");
    }
    if (HttpRequests.scheme(endpoint.url()).equals("https")
        && !HttpRequests.scheme(url).equals("https")) {
      throw invalid(endpoint, "is asked over https and leads to http: " + HttpRequests.host(url));
    }
    return url;
  }

  /** The message of an error document; empty where it is none. */
  static String message(byte[] body) {
    try {
      String message = JSON.readTree(body).path("message").asText("").strip();
      return message.length() > 200 ? message.substring(0, 200) : message;
    } catch (IOException e) {
      return "";
    }
  }

  private static BuildException invalid(LfsEndpoint endpoint, String what) {
    return new BuildException(ErrorCode.DOWNLOAD, "the LFS server " + endpoint + " " + what)
        .withRetryable(false);
  }
}
