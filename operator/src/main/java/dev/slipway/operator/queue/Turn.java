package dev.slipway.operator.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is: a pure function of who waits, who runs, and how often each namespace had its
 * turn.
 *
 * <ol>
 *   <li>Namespaces take turns: the one that was served least recently goes first, whatever it has
 *       waiting. So the length of one namespace's queue delays nobody else.
 *   <li>Inside a namespace, higher priority goes first, and then who waited longer.
 *   <li>Every {@value #RELIEF}th turn of a namespace goes to the one there that has waited longest,
 *       so that a stream of high priorities starves nobody.
 * </ol>
 *
 * A build that a limit of its namespace or repository holds back keeps nobody behind it waiting.
 */
final class Turn<K> {
  static final int RELIEF = 8;

  private final Limits limits;
  private final Map<String, Deque<Ticket<K>>> byPriority = new TreeMap<>();
  private final Map<String, Deque<Ticket<K>>> byAge = new HashMap<>();
  private final Set<K> gone = new HashSet<>();
  private final Map<String, Integer> runningIn = new HashMap<>();
  private final Map<String, Integer> runningFrom = new HashMap<>();
  private final Map<String, Turns> turns;
  private final NavigableSet<Seat> seats =
      new TreeSet<>(Comparator.comparingLong(Seat::last).thenComparing(Seat::namespace));
  private int running;
  private long clock;

  /** A namespace in the order of turns. */
  private record Seat(long last, String namespace) {}

  /**
   * The turns a namespace had.
   *
   * @param last number of the turn it had last; 0 for none
   * @param count how many it had
   */
  record Turns(long last, long count) {
    static final Turns NONE = new Turns(0, 0);
  }

  Turn(
      Limits limits,
      Collection<Ticket<K>> waiting,
      Collection<Ticket<K>> running,
      Map<String, Turns> turns) {
    this.limits = limits;
    this.turns = new HashMap<>(turns);
    this.clock = turns.values().stream().mapToLong(Turns::last).max().orElse(0);
    Comparator<Ticket<K>> age =
        Comparator.comparing((Ticket<K> t) -> t.since()).thenComparing(t -> t.key().toString());
    Comparator<Ticket<K>> priority =
        Comparator.comparingInt((Ticket<K> t) -> -t.priority()).thenComparing(age);
    waiting.stream()
        .sorted(priority)
        .forEach(t -> byPriority.computeIfAbsent(t.namespace(), n -> new ArrayDeque<>()).add(t));
    waiting.stream()
        .sorted(age)
        .forEach(t -> byAge.computeIfAbsent(t.namespace(), n -> new ArrayDeque<>()).add(t));
    running.forEach(this::count);
    byPriority.keySet().forEach(n -> seats.add(new Seat(had(n).last(), n)));
  }

  /** The next one that may start now; it counts as running from then on. */
  Optional<Ticket<K>> next() {
    if (full(limits.cluster(), running)) {
      return Optional.empty();
    }
    for (Seat seat : seats) {
      String namespace = seat.namespace();
      if (full(limits.of(namespace), runningIn.getOrDefault(namespace, 0))) {
        continue;
      }
      Optional<Ticket<K>> ticket = pick(namespace);
      if (ticket.isPresent()) {
        take(ticket.get());
        return ticket;
      }
    }
    return Optional.empty();
  }

  /** The turns that namespaces have had by now. */
  Map<String, Turns> turns() {
    return Map.copyOf(turns);
  }

  /** All that wait, in the order in which they would start if places became free one by one. */
  List<Ticket<K>> order() {
    List<Ticket<K>> order = new ArrayList<>();
    Turn<K> unlimited = new Turn<>(Limits.NONE, remaining(), List.of(), turns);
    for (Optional<Ticket<K>> t = unlimited.next(); t.isPresent(); t = unlimited.next()) {
      order.add(t.get());
    }
    return order;
  }

  private List<Ticket<K>> remaining() {
    return byPriority.values().stream()
        .flatMap(Collection::stream)
        .filter(t -> !gone.contains(t.key()))
        .toList();
  }

  private Optional<Ticket<K>> pick(String namespace) {
    boolean relief = had(namespace).count() % RELIEF == RELIEF - 1;
    Deque<Ticket<K>> queue = (relief ? byAge : byPriority).get(namespace);
    return queue == null
        ? Optional.empty()
        : queue.stream()
            .filter(t -> !gone.contains(t.key()))
            .filter(t -> !full(limits.repository(), runningFrom.getOrDefault(t.repository(), 0)))
            .findFirst();
  }

  private void take(Ticket<K> ticket) {
    String namespace = ticket.namespace();
    seats.remove(new Seat(had(namespace).last(), namespace));
    gone.add(ticket.key());
    trim(byPriority, namespace);
    trim(byAge, namespace);
    turns.put(namespace, new Turns(++clock, had(namespace).count() + 1));
    if (byPriority.containsKey(namespace)) {
      seats.add(new Seat(clock, namespace));
    }
    count(ticket);
  }

  private void trim(Map<String, Deque<Ticket<K>>> queues, String namespace) {
    Deque<Ticket<K>> queue = queues.get(namespace);
    while (queue != null && !queue.isEmpty() && gone.contains(queue.getFirst().key())) {
      queue.removeFirst();
    }
    if (queue != null && queue.isEmpty()) {
      queues.remove(namespace);
    }
  }

  private void count(Ticket<K> ticket) {
    running++;
    runningIn.merge(ticket.namespace(), 1, Integer::sum);
    runningFrom.merge(ticket.repository(), 1, Integer::sum);
  }

  private Turns had(String namespace) {
    return turns.getOrDefault(namespace, Turns.NONE);
  }

  private static boolean full(@Nullable Integer limit, int now) {
    return limit != null && now >= limit;
  }
}
