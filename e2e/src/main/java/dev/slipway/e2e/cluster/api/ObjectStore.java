package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The objects, their versions and their changes, kept by the Mock Server's CRUD dispatcher.
 *
 * <p>The dispatcher holds the objects and counts the resource versions. This class adds what its
 * HTTP verbs lack and a controller lives by: an update as one step, a change log from which a watch
 * resumes at any version, and look-up by key (the dispatcher compares with every object).
 *
 * <p>Thread-safe. Nodes that come out belong to the caller.
 */
final class ObjectStore {
  /** A watch older than this many changes is told to list again (410 Gone). */
  private static final int HISTORY = 50_000;

  /**
   * What became of an object. {@code before} is null when added; {@code after} is its last state.
   */
  record Change(
      long version, Type type, ObjectPath path, @Nullable ObjectNode before, ObjectNode after) {
    enum Type {
      ADDED,
      MODIFIED,
      DELETED
    }
  }

  /** What a list found, and the version of the store at that moment. */
  record Listing(long version, List<ObjectNode> items) {}

  /** The changes of one resource from a version on; {@link #close} ends it. */
  final class Watch implements AutoCloseable {
    private final String prefix;
    final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();

    private Watch(String prefix) {
      this.prefix = prefix;
    }

    private void offer(Change change) {
      if (change.path().key().startsWith(prefix)) {
        changes.add(change);
      }
    }

    @Override
    public void close() {
      watches.remove(this);
    }
  }

  private final KubernetesCrudDispatcher mock = new KubernetesCrudDispatcher();
  private final NavigableMap<String, AttributeSet> keys = new TreeMap<>();
  private final Deque<Change> history = new ArrayDeque<>();
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private long version;

  Optional<ObjectNode> get(ObjectPath path) {
    lock.lock();
    try {
      AttributeSet key = keys.get(path.key());
      return key == null ? Optional.empty() : Optional.of(stored(key));
    } finally {
      lock.unlock();
    }
  }

  Listing list(ResourceType type, String namespace) {
    String from = ObjectPath.prefix(type) + (namespace.isEmpty() ? "" : namespace + "\0");
    lock.lock();
    try {
      List<ObjectNode> items = new ArrayList<>();
      for (Map.Entry<String, AttributeSet> entry : keys.tailMap(from, true).entrySet()) {
        if (!entry.getKey().startsWith(from)) {
          break;
        }
        items.add(stored(entry.getValue()));
      }
      return new Listing(version, items);
    } finally {
      lock.unlock();
    }
  }

  ObjectNode create(ObjectPath path, ObjectNode object) {
    lock.lock();
    try {
      if (keys.containsKey(path.key())) {
        throw ApiException.alreadyExists(path.type(), path.name());
      }
      return record(Change.Type.ADDED, path, null, object);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes an object in one step. {@code change} gets a copy; null removes the object, an equal
   * tree changes nothing, not even the version.
   *
   * @return the new state, or the last one of what was removed
   */
  ObjectNode update(ObjectPath path, UnaryOperator<@Nullable ObjectNode> change) {
    lock.lock();
    try {
      ObjectNode before =
          get(path).orElseThrow(() -> ApiException.notFound(path.type(), path.name()));
      ObjectNode after = change.apply(before.deepCopy());
      if (after == null) {
        return record(Change.Type.DELETED, path, before, before.deepCopy());
      }
      return after.equals(before) ? before : record(Change.Type.MODIFIED, path, before, after);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Follows a resource ({@code prefix} of its keys).
   *
   * @param since every change after this version is delivered
   */
  Watch watch(String prefix, long since) {
    lock.lock();
    try {
      if (since < version && !history.isEmpty() && since < history.getFirst().version() - 1) {
        throw new ApiException(410, "Expired", "too old resource version: " + since);
      }
      Watch watch = new Watch(prefix);
      for (Change change : history) {
        if (change.version() > since) {
          watch.offer(change);
        }
      }
      watches.add(watch);
      return watch;
    } finally {
      lock.unlock();
    }
  }

  private ObjectNode record(
      Change.Type type, ObjectPath path, @Nullable ObjectNode before, ObjectNode after) {
    version = mock.requestResourceVersion();
    Json.metadata(after).put("resourceVersion", Long.toString(version));
    String url = path.url();
    AttributeSet oldKey = before == null ? null : keys.remove(path.key());
    if (type == Change.Type.DELETED) {
      mock.processEvent(url, mock.getKey(url), oldKey, null, null);
    } else {
      String text = Json.text(after);
      mock.processEvent(url, mock.getKey(url), oldKey, null, text);
      keys.put(path.key(), keyOf(url, text));
    }
    Change change = new Change(version, type, path, before, after.deepCopy());
    history.addLast(change);
    if (history.size() > HISTORY) {
      history.removeFirst();
    }
    watches.forEach(watch -> watch.offer(change));
    return after;
  }

  /** The key under which the dispatcher has filed {@code text}: it does not tell. */
  private AttributeSet keyOf(String url, String text) {
    AttributeSet key = mock.getAttributeExtractor().fromResource(text);
    return key.containsKey("plural") ? key : AttributeSet.merge(mock.getKey(url), key);
  }

  private ObjectNode stored(AttributeSet key) {
    String text = mock.getMap().get(key);
    if (text == null) {
      throw new IllegalStateException("the mock store lost " + key);
    }
    return Json.parse(text);
  }
}
