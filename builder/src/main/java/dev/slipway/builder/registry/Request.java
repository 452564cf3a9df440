package dev.slipway.builder.registry;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** One HTTP request. Values of headers are never logged: one of them may be a credential. */
record Request(String method, URI uri, Map<String, String> headers, RequestBody body) {

  Request {
    headers = Map.copyOf(headers);
  }

  static Request get(URI uri) {
    return new Request("GET", uri, Map.of(), RequestBody.EMPTY);
  }

  static Request head(URI uri) {
    return new Request("HEAD", uri, Map.of(), RequestBody.EMPTY);
  }

  static Request of(String method, URI uri, RequestBody body) {
    return new Request(method, uri, Map.of(), body);
  }

  Request with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Request(method, uri, more, body);
  }

  Request to(URI other) {
    return new Request(method, other, headers, body);
  }

  boolean isRead() {
    return method.equals("GET") || method.equals("HEAD");
  }

  @Override
  public String toString() {
    return method + " " + uri.getScheme() + "://" + uri.getAuthority() + uri.getPath();
  }
}
