package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A watch: one JSON event a line until the client leaves or the time is up. An object that starts
 * or ceases to match the selector is an ADDED or a DELETED to this client.
 */
final class WatchStream {
  private static final Duration HEARTBEAT = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofMinutes(60);

  private final Request request;
  private final ResourceType type;
  private final String namespace;
  private final ObjectStore store;
  private final Clock clock;
  private final Predicate<JsonNode> selector;
  private boolean first = true;

  WatchStream(
      Request request,
      ResourceType type,
      String namespace,
      Predicate<JsonNode> selector,
      ObjectStore store,
      Clock clock) {
    this.request = request;
    this.type = type;
    this.namespace = namespace;
    this.selector = selector;
    this.store = store;
    this.clock = clock;
  }

  void run() throws IOException, InterruptedException {
    String since = request.query("resourceVersion");
    boolean fromNow = since.isEmpty() || since.equals("0");
    // Listed before the watch starts: the version of the list is where the watch begins.
    ObjectStore.Listing listing = store.list(type, namespace);
    long version = fromNow ? listing.version() : version(since);
    boolean initial = fromNow || request.flag("sendInitialEvents");
    ObjectStore.Watch watch;
    try {
      watch = store.watch(ObjectPath.prefix(type) + scope(), initial ? listing.version() : version);
    } catch (ApiException expired) {
      try (OutputStream out = request.stream("application/json")) {
        send(out, "ERROR", expired.status());
      }
      return;
    }
    try (watch;
        OutputStream out = request.stream("application/json")) {
      out.flush(); // the client waits for the headers before it believes that it watches
      if (initial) {
        initial(out, listing);
      } else if (request.flag("allowWatchBookmarks")) {
        // Fabric8's client over the JDK's believes that it watches once the first line is there.
        send(out, "BOOKMARK", bookmark(version));
      }
      follow(out, watch, version);
    }
  }

  private String scope() {
    return namespace.isEmpty() ? "" : namespace + "\0";
  }

  private static long version(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("resourceVersion: Invalid value: \"" + text + "\"");
    }
  }

  private void initial(OutputStream out, ObjectStore.Listing listing) throws IOException {
    for (ObjectNode object : listing.items()) {
      if (selector.test(object)) {
        sendObject(out, "ADDED", object);
      }
    }
    if (request.flag("sendInitialEvents") && request.flag("allowWatchBookmarks")) {
      ObjectNode bookmark = bookmark(listing.version());
      Json.metadata(bookmark).putObject("annotations").put("k8s.io/initial-events-end", "true");
      send(out, "BOOKMARK", bookmark);
    }
  }

  private void follow(OutputStream out, ObjectStore.Watch watch, long from)
      throws IOException, InterruptedException {
    String timeout = request.query("timeoutSeconds");
    Duration span = timeout.isEmpty() ? LONGEST : Duration.ofSeconds(version(timeout));
    long deadline = System.nanoTime() + span.toNanos();
    long seen = from;
    while (true) {
      long left = Math.min(deadline - System.nanoTime(), HEARTBEAT.toNanos());
      ObjectStore.Change change = watch.changes.poll(Math.max(left, 0), TimeUnit.NANOSECONDS);
      if (change != null) {
        seen = change.version();
        send(out, change);
      } else if (System.nanoTime() >= deadline) {
        return;
      } else if (request.flag("allowWatchBookmarks")) {
        send(out, "BOOKMARK", bookmark(seen)); // also how a client that has left is noticed
      }
    }
  }

  private ObjectNode bookmark(long version) {
    ObjectNode bookmark = Json.MAPPER.createObjectNode();
    bookmark.put("kind", type.kind()).put("apiVersion", type.apiVersion());
    bookmark.putObject("metadata").put("resourceVersion", Long.toString(version));
    return bookmark;
  }

  private void send(OutputStream out, ObjectStore.Change change) throws IOException {
    boolean before = change.before() != null && selector.test(change.before());
    boolean after =
        change.type() != ObjectStore.Change.Type.DELETED && selector.test(change.after());
    if (before && after) {
      sendObject(out, "MODIFIED", change.after().deepCopy());
    } else if (after) {
      sendObject(out, "ADDED", change.after().deepCopy());
    } else if (before) {
      sendObject(out, "DELETED", change.after().deepCopy());
    }
  }

  private void sendObject(OutputStream out, String event, ObjectNode object) throws IOException {
    Resources.versioned(object, type);
    if (request.wantsTable()) {
      String version = Json.string(object, "/metadata/resourceVersion");
      ObjectNode table = Table.of(type, List.of(object), version, clock.instant());
      if (!first) {
        table.putArray("columnDefinitions"); // kubectl takes them from the first event
      }
      first = false;
      send(out, event, table);
    } else {
      send(out, event, object);
    }
  }

  private static void send(OutputStream out, String event, JsonNode object) throws IOException {
    ObjectNode line = Json.MAPPER.createObjectNode();
    line.put("type", event).set("object", object);
    out.write(Json.bytes(line));
    out.write('\n');
    out.flush();
  }
}
