package dev.slipway.operator.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who waits and who runs. It lives in memory only: after a restart, the pods say who runs and the
 * statuses say who waits since when.
 *
 * <p>Namespaces take turns: the one that was served least recently goes first, whatever it has
 * waiting. So the length of one namespace's queue delays nobody else. Inside of one, see {@link
 * Lane}. A build that a limit of its namespace or repository holds back keeps nobody behind it
 * waiting.
 *
 * <p>Thread-safe. Calls take logarithmic time, save where a limit for repositories holds back those
 * in front.
 */
public final class BuildQueue<K> {
  private final Limits limits;
  private final Consumer<K> wake;

  // All guarded by this.
  private final Map<K, Ticket<K>> waiting = new HashMap<>();
  private final Map<K, Ticket<K>> running = new HashMap<>();
  private final Map<String, Integer> runningIn = new HashMap<>();
  private final Map<String, Integer> runningFrom = new HashMap<>();
  private final Map<String, Lane<K>> lanes = new HashMap<>();
  private final NavigableSet<Lane<K>> seats =
      new TreeSet<>(
          Comparator.comparingLong((Lane<K> lane) -> lane.last())
              .thenComparing(lane -> lane.namespace));
  private final Positions<K> told = new Positions<>();
  private long clock;

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
      enter(ticket);
      others = serve();
      others.remove(ticket.key());
      answer = running.containsKey(ticket.key()) ? new Admission.Granted() : wait(ticket);
    }
    others.forEach(wake);
    return answer;
  }

  /** This build runs, whether or not there was a place for it. */
  public synchronized void occupy(Ticket<K> ticket) {
    quit(ticket.key());
    stop(ticket.key());
    start(ticket);
  }

  /**
   * This build waits, though it has not asked since the restart: nobody younger may overtake it.
   */
  public synchronized void remember(Ticket<K> ticket) {
    if (!running.containsKey(ticket.key())) {
      enter(ticket);
    }
  }

  /** This build needs no place any more. */
  public void leave(K key) {
    List<K> others;
    synchronized (this) {
      boolean waited = quit(key);
      boolean ran = stop(key);
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

  // ---- who waits -------------------------------------------------------------------------------

  private void enter(Ticket<K> ticket) {
    Ticket<K> old = waiting.get(ticket.key());
    if (ticket.equals(old)) {
      return;
    }
    if (old != null) {
      quit(ticket.key());
    }
    waiting.put(ticket.key(), ticket);
    Lane<K> lane = lanes.computeIfAbsent(ticket.namespace(), Lane::new);
    lane.add(ticket);
    seats.add(lane);
  }

  private boolean quit(K key) {
    Ticket<K> ticket = waiting.remove(key);
    if (ticket == null) {
      return false;
    }
    Lane<K> lane = lane(ticket);
    lane.remove(ticket);
    if (lane.isEmpty()) {
      seats.remove(lane);
    }
    told.gone(key);
    return true;
  }

  private Lane<K> lane(Ticket<K> ticket) {
    Lane<K> lane = lanes.get(ticket.namespace());
    if (lane == null) {
      throw new IllegalStateException("nobody waits in " + ticket.namespace());
    }
    return lane;
  }

  // ---- who runs --------------------------------------------------------------------------------

  private void start(Ticket<K> ticket) {
    running.put(ticket.key(), ticket);
    runningIn.merge(ticket.namespace(), 1, Integer::sum);
    runningFrom.merge(ticket.repository(), 1, Integer::sum);
  }

  private boolean stop(K key) {
    Ticket<K> ticket = running.remove(key);
    if (ticket == null) {
      return false;
    }
    runningIn.computeIfPresent(ticket.namespace(), (_, n) -> n == 1 ? null : n - 1);
    runningFrom.computeIfPresent(ticket.repository(), (_, n) -> n == 1 ? null : n - 1);
    return true;
  }

  private int runningIn(String namespace) {
    return runningIn.getOrDefault(namespace, 0);
  }

  private int runningFrom(String repository) {
    return runningFrom.getOrDefault(repository, 0);
  }

  private static boolean full(@Nullable Integer limit, int now) {
    return limit != null && now >= limit;
  }

  // ---- whose turn it is ------------------------------------------------------------------------

  /**
   * Gives away free places; returns who should look: the new ones, and those far ahead of before.
   */
  private List<K> serve() {
    List<K> look = new ArrayList<>();
    for (Optional<Ticket<K>> t = next(); t.isPresent(); t = next()) {
      take(t.get());
      look.add(t.get().key());
    }
    look.addAll(told.halved(key -> position(ticket(key))));
    if (waiting.isEmpty() && running.isEmpty()) {
      // Nobody is owed a turn: what was served long ago is forgotten.
      lanes.clear();
    }
    return look;
  }

  private Ticket<K> ticket(K key) {
    Ticket<K> ticket = waiting.get(key);
    if (ticket == null) {
      throw new IllegalStateException("it does not wait: " + key);
    }
    return ticket;
  }

  private Optional<Ticket<K>> next() {
    if (full(limits.cluster(), running.size())) {
      return Optional.empty();
    }
    for (Lane<K> lane : seats) {
      if (full(limits.of(lane.namespace), runningIn(lane.namespace))) {
        continue;
      }
      Optional<Ticket<K>> next =
          lane.next(t -> !full(limits.repository(), runningFrom(t.repository())));
      if (next.isPresent()) {
        return next;
      }
    }
    return Optional.empty();
  }

  private void take(Ticket<K> ticket) {
    Lane<K> lane = lane(ticket);
    seats.remove(lane); // its place there is about to change
    lane.serve(ticket, ++clock);
    if (!lane.isEmpty()) {
      seats.add(lane);
    }
    waiting.remove(ticket.key());
    told.gone(ticket.key());
    start(ticket);
  }

  /**
   * Its place in the order of starts, from 1, if places became free one by one and no other limit
   * held anybody back: before the n-th turn of a namespace, every other one has had n, or as many
   * as it has waiting; and one more where it comes first.
   */
  private int position(Ticket<K> ticket) {
    Lane<K> own = lane(ticket);
    int turns = own.turnsBefore(ticket);
    int before = turns;
    int first = 1;
    for (Lane<K> lane : seats) {
      if (lane == own) {
        first = 0;
      } else {
        before += Math.min(lane.size(), turns + first);
      }
    }
    return before + 1;
  }

  private Admission wait(Ticket<K> ticket) {
    int position = position(ticket);
    told.tell(ticket.key(), position);
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
    int here = runningIn(ticket.namespace());
    if (full(own, here)) {
      return here + " builds run in this namespace, and the limit is " + own;
    }
    int from = runningFrom(ticket.repository());
    if (full(repository, from)) {
      return from + " builds of this repository run, and the limit is " + repository;
    }
    return running.size() + " builds run on this cluster, and the limit is " + cluster;
  }
}
