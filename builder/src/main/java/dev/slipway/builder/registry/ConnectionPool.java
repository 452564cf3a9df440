package dev.slipway.builder.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps connections open between requests to the same host. */
final class ConnectionPool implements AutoCloseable {

  /** Servers close idle connections after a minute or so; stay well below. */
  private static final long MAX_IDLE_NANOS = Duration.ofSeconds(15).toNanos();

  private record Idle(HttpConnection connection, long since) {}

  private final Dialer dialer;
  private final Map<String, Deque<Idle>> idle = new HashMap<>();
  private boolean closed;

  ConnectionPool(Dialer dialer) {
    this.dialer = dialer;
  }

  /**
   * A connection for one exchange.
   *
   * @param fresh whether one that was used before will not do
   */
  HttpConnection lease(URI uri, boolean verify, Predicate<InetAddress> allowed, boolean fresh)
      throws IOException {
    String route = route(uri, verify);
    HttpConnection connection = fresh ? null : take(route);
    if (connection == null) {
      connection = dialer.dial(uri, verify, allowed);
    }
    connection.lease((done, reusable) -> giveBack(route, done, reusable));
    return connection;
  }

  /** What two requests must share to share a connection. */
  private static String route(URI uri, boolean verify) {
    String host = uri.getScheme() + ' ' + Endpoint.bareHost(uri) + ' ' + Endpoint.port(uri);
    return verify ? host : host + " unverified";
  }

  @Override
  public synchronized void close() {
    closed = true;
    idle.values().forEach(all -> all.forEach(entry -> entry.connection.close()));
    idle.clear();
  }

  private synchronized @Nullable HttpConnection take(String route) {
    Deque<Idle> all = idle.get(route);
    if (all == null) {
      return null;
    }
    long now = System.nanoTime();
    // The newest first: it is the least likely to have been closed by the other side.
    for (Iterator<Idle> entries = all.iterator(); entries.hasNext(); ) {
      Idle entry = entries.next();
      entries.remove();
      if (now - entry.since < MAX_IDLE_NANOS) {
        return entry.connection;
      }
      entry.connection.close();
    }
    return null;
  }

  private synchronized void giveBack(String route, HttpConnection connection, boolean reusable) {
    if (!reusable) {
      return;
    }
    if (closed) {
      connection.close();
      return;
    }
    idle.computeIfAbsent(route, _ -> new ArrayDeque<>())
        .addFirst(new Idle(connection, System.nanoTime()));
  }
}
