package dev.slipway.operator.queue;

import dev.slipway.operator.queue.Turn.Turns;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Who waits and who runs. It lives in memory only: after a restart, the pods say who runs and the
 * statuses say who waits since when.
 *
 * <p>Thread-safe.
 */
public final class BuildQueue<K> {
  private final Limits limits;
  private final Consumer<K> wake;

  // Guarded by this.
  private final Map<K, Ticket<K>> waiting = new HashMap<>();
  private final Map<K, Ticket<K>> running = new HashMap<>();
  private final Map<K, Integer> told = new HashMap<>();
  private Map<String, Turns> turns = Map.of();

  /**
   * @param wake called when it is somebody's turn, or its position has halved
   */
  public BuildQueue(Limits limits, Consumer<K> wake) {
    this.limits = limits;
    this.wake = wake;
  }

  /** Asks for a place, or after it. */
  public Admission ask(Ticket<K> ticket) {
    List<K> others;
    Admission answer;
    synchronized (this) {
      if (running.containsKey(ticket.key())) {
        return new Admission.Granted();
      }
      if (limits.equals(Limits.NONE)) {
        running.put(ticket.key(), ticket);
        return new Admission.Granted();
      }
      waiting.put(ticket.key(), ticket);
      others = serve();
      others.remove(ticket.key());
      answer = running.containsKey(ticket.key()) ? new Admission.Granted() : wait(ticket);
    }
    others.forEach(wake);
    return answer;
  }

  /** This build runs, whether or not there was a place for it. */
  public synchronized void occupy(Ticket<K> ticket) {
    waiting.remove(ticket.key());
    told.remove(ticket.key());
    running.put(ticket.key(), ticket);
  }

  /**
   * This build waits, though it has not asked since the restart: nobody younger may overtake it.
   */
  public synchronized void remember(Ticket<K> ticket) {
    if (!running.containsKey(ticket.key())) {
      waiting.put(ticket.key(), ticket);
    }
  }

  /** This build needs no place any more. */
  public void leave(K key) {
    List<K> others;
    synchronized (this) {
      told.remove(key);
      boolean waited = waiting.remove(key) != null;
      boolean ran = running.remove(key) != null;
      if (!waited && !ran) {
        return;
      }
      others = serve();
    }
    others.forEach(wake);
  }

  /** How many wait. */
  public synchronized int length() {
    return waiting.size();
  }

  /** How many run. */
  public synchronized int running() {
    return running.size();
  }

  /**
   * Gives away free places; returns who should look: the new ones, and those far ahead of before.
   */
  private List<K> serve() {
    List<K> look = new ArrayList<>();
    if (waiting.isEmpty()) {
      return look;
    }
    Turn<K> turn = new Turn<>(limits, waiting.values(), running.values(), turns);
    for (Optional<Ticket<K>> t = turn.next(); t.isPresent(); t = turn.next()) {
      K key = t.get().key();
      running.put(key, t.get());
      waiting.remove(key);
      told.remove(key);
      look.add(key);
    }
    turns = waiting.isEmpty() && running.isEmpty() ? Map.of() : turn.turns();
    if (!look.isEmpty() && !told.isEmpty()) {
      List<Ticket<K>> order = turn.order();
      for (int i = 0; i < order.size(); i++) {
        Integer before = told.get(order.get(i).key());
        // A write for each step of each one would drown the API server.
        if (before != null && i + 1 <= before / 2) {
          look.add(order.get(i).key());
        }
      }
    }
    return look;
  }

  private Admission wait(Ticket<K> ticket) {
    List<Ticket<K>> order = new Turn<>(limits, waiting.values(), running.values(), turns).order();
    int position = order.indexOf(ticket) + 1;
    told.put(ticket.key(), position);
    return new Admission.Waiting(position, "waits for its turn: " + reason(ticket));
  }

  private String reason(Ticket<K> ticket) {
    Integer cluster = limits.cluster();
    if (cluster != null && cluster == 0) {
      return "builds are paused on this cluster (limit 0)";
    }
    Integer own = limits.of(ticket.namespace());
    if (own != null && own == 0) {
      return "builds are paused in this namespace (limit 0)";
    }
    Integer repository = limits.repository();
    if (repository != null && repository == 0) {
      return "builds are paused for every repository (limit 0)";
    }
    long here =
        running.values().stream().filter(t -> t.namespace().equals(ticket.namespace())).count();
    if (own != null && here >= own) {
      return here + " builds run in this namespace, and the limit is " + own;
    }
    long from =
        running.values().stream().filter(t -> t.repository().equals(ticket.repository())).count();
    if (repository != null && from >= repository) {
      return from + " builds of this repository run, and the limit is " + repository;
    }
    return running.size() + " builds run on this cluster, and the limit is " + cluster;
  }
}
