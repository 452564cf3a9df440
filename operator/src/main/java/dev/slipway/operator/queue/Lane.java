package dev.slipway.operator.queue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Those of one namespace who wait. Higher priority goes first, and then who waited longer; every
 * {@value #RELIEF}th turn goes to the one that has waited longest, so that a stream of high
 * priorities starves nobody. Not thread-safe.
 *
 * <p>Sorted arrays, not trees: what is asked for most often is a place in the order, and moving a
 * few thousand references takes a microsecond.
 */
final class Lane<K> {
  static final int RELIEF = 8;

  private final Comparator<Ticket<K>> age =
      Comparator.comparing((Ticket<K> t) -> t.since()).thenComparing(t -> t.key().toString());
  private final Comparator<Ticket<K>> priority =
      Comparator.comparingInt((Ticket<K> t) -> -t.priority()).thenComparing(age);

  final String namespace;
  private final List<Ticket<K>> byAge = new ArrayList<>();
  private final List<Ticket<K>> byPriority = new ArrayList<>();
  private long last;
  private long turns;

  Lane(String namespace) {
    this.namespace = namespace;
  }

  int size() {
    return byAge.size();
  }

  boolean isEmpty() {
    return byAge.isEmpty();
  }

  /** Number of the turn that it had last, among those of all namespaces; 0 for none. */
  long last() {
    return last;
  }

  void add(Ticket<K> ticket) {
    insert(byAge, ticket, age);
    insert(byPriority, ticket, priority);
  }

  void remove(Ticket<K> ticket) {
    byAge.remove(Collections.binarySearch(byAge, ticket, age));
    byPriority.remove(Collections.binarySearch(byPriority, ticket, priority));
  }

  private static <T> void insert(List<T> list, T item, Comparator<T> order) {
    int at = Collections.binarySearch(list, item, order);
    if (at >= 0) {
      throw new IllegalStateException("it waits already: " + item);
    }
    list.add(-at - 1, item);
  }

  /** Whose turn it is, of those that may start. */
  Optional<Ticket<K>> next(Predicate<Ticket<K>> may) {
    return (relieves(0) ? byAge : byPriority).stream().filter(may).findFirst();
  }

  /** Gives a turn to somebody. */
  void serve(Ticket<K> ticket, long turn) {
    remove(ticket);
    last = turn;
    turns++;
  }

  /** How many turns of this namespace come before that of the ticket, which waits in it. */
  int turnsBefore(Ticket<K> ticket) {
    if (byPriority.getFirst().priority() == byPriority.getLast().priority()) {
      return Collections.binarySearch(byAge, ticket, age);
    }
    Set<K> gone = new HashSet<>();
    int oldest = 0;
    int first = 0;
    for (int turn = 0; ; turn++) {
      Ticket<K> next;
      if (relieves(turn)) {
        oldest = skip(byAge, oldest, gone);
        next = byAge.get(oldest);
      } else {
        first = skip(byPriority, first, gone);
        next = byPriority.get(first);
      }
      if (next.key().equals(ticket.key())) {
        return turn;
      }
      gone.add(next.key());
    }
  }

  private int skip(List<Ticket<K>> list, int from, Set<K> gone) {
    int at = from;
    while (gone.contains(list.get(at).key())) {
      at++;
    }
    return at;
  }

  /** Whether the turn after so many goes to the one that has waited longest. */
  private boolean relieves(int ahead) {
    return (turns + ahead) % RELIEF == RELIEF - 1;
  }
}
