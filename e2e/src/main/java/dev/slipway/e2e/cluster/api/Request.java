package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One HTTP request: what of it matters here, and the ways to answer it. */
final class Request {
  private static final int MAX_BODY = 3 << 20; // what etcd takes, twice over

  private final HttpExchange exchange;
  private final List<String> path;
  private final Map<String, String> query;

  /** The path is what follows {@code prefix}. */
  Request(HttpExchange exchange, String prefix) {
    this.exchange = exchange;
    String raw = exchange.getRequestURI().getRawPath().substring(prefix.length());
    path = List.of(decode(raw.replaceAll("^/+|/+$", "")).split("/", -1));
    query = parameters(exchange.getRequestURI().getRawQuery());
  }

  private static Map<String, String> parameters(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        query.put(decode(name), equals < 0 ? "true" : decode(pair.substring(equals + 1)));
      }
    }
    return query;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  String method() {
    return exchange.getRequestMethod();
  }

  /** The segments of the path. */
  List<String> path() {
    return path;
  }

  String query(String name) {
    return query.getOrDefault(name, "");
  }

  boolean flag(String name) {
    String value = query(name);
    return value.equals("true") || value.equals("1");
  }

  String header(String name) {
    Headers headers = exchange.getRequestHeaders();
    String value = headers.getFirst(name);
    return value == null ? "" : value;
  }

  /** Whether the client would rather have rows than objects. */
  boolean wantsTable() {
    return header("Accept").contains("as=Table");
  }

  boolean wantsMetadataOnly() {
    return header("Accept").contains("as=PartialObjectMetadata");
  }

  /** The content type without its parameters. */
  String contentType() {
    return header("Content-Type").replaceFirst(";.*", "").trim();
  }

  JsonNode body() throws IOException {
    return read(bytes());
  }

  private JsonNode read(byte[] body) {
    String type = contentType();
    return type.equals(Protobuf.CONTENT_TYPE) ? Protobuf.read(body) : Json.read(body, type);
  }

  /** The body, or an empty object where there is none, as in most deletions. */
  JsonNode optionalBody() throws IOException {
    byte[] body = bytes();
    return body.length == 0 ? Json.MAPPER.createObjectNode() : read(body);
  }

  private byte[] bytes() throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      throw new ApiException(413, "RequestEntityTooLarge", "the body is larger than 3 MiB");
    }
    return body;
  }

  void warn(String text) {
    exchange
        .getResponseHeaders()
        .add("Warning", "299 - \"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
  }

  void answer(int code, JsonNode body) throws IOException {
    answer(code, "application/json", Json.bytes(body));
  }

  void answer(int code, String contentType, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  /** Starts an answer of unknown length; the caller flushes and closes it. */
  OutputStream stream(String contentType) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }
}
