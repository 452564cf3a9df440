package dev.slipway.operator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class BuildQueueTest {
  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");

  private static Ticket<String> ticket(String namespace, String name, int priority, int second) {
    return new Ticket<>(
        namespace + "/" + name, namespace, "repo-" + name, priority, T0.plusSeconds(second));
  }

  private static Limits cluster(int limit) {
    return new Limits(limit, null, Map.of(), null);
  }

  @Test
  void withoutLimitsEverybodyRunsAtOnce() {
    BuildQueue<String> queue = new BuildQueue<>(Limits.NONE, k -> {});
    for (int i = 0; i < 1000; i++) {
      assertThat(queue.ask(ticket("a", "b" + i, 0, 0))).isInstanceOf(Admission.Granted.class);
    }
  }

  @Test
  void zeroIsPausedAndSaysSo() {
    BuildQueue<String> queue = new BuildQueue<>(cluster(0), k -> {});
    assertThat(queue.ask(ticket("a", "x", 0, 0)))
        .isInstanceOfSatisfying(
            Admission.Waiting.class,
            w -> {
              assertThat(w.position()).isEqualTo(1);
              assertThat(w.message()).contains("paused");
            });
  }

  @Test
  void whoLeavesWakesTheNext() {
    List<String> woken = new ArrayList<>();
    BuildQueue<String> queue = new BuildQueue<>(cluster(1), woken::add);
    assertThat(queue.ask(ticket("a", "x", 0, 0))).isInstanceOf(Admission.Granted.class);
    assertThat(queue.ask(ticket("a", "y", 0, 1))).isInstanceOf(Admission.Waiting.class);
    assertThat(queue.ask(ticket("a", "z", 5, 2))).isInstanceOf(Admission.Waiting.class);
    queue.leave("a/x");
    assertThat(woken).contains("a/z");
    assertThat(queue.ask(ticket("a", "z", 5, 2))).isInstanceOf(Admission.Granted.class);
    assertThat(queue.ask(ticket("a", "y", 0, 1))).isInstanceOf(Admission.Waiting.class);
  }

  @Test
  void aNamespaceWithThousandsWaitingDelaysAnotherByOneTurn() {
    BuildQueue<String> queue = new BuildQueue<>(cluster(1), k -> {});
    for (int i = 0; i < 5000; i++) {
      queue.remember(ticket("big", "b" + i, 1000, i));
    }
    queue.occupy(ticket("big", "running", 0, 0));
    assertThat(queue.ask(ticket("small", "x", -1000, 9999)))
        .isInstanceOfSatisfying(
            Admission.Waiting.class, w -> assertThat(w.position()).isLessThanOrEqualTo(2));
  }

  @Test
  void aLimitOfOneRepositoryHoldsBackNobodyElse() {
    Limits limits = new Limits(null, null, Map.of(), 1);
    BuildQueue<String> queue = new BuildQueue<>(limits, k -> {});
    assertThat(queue.ask(new Ticket<>("a", "n", "r", 0, T0))).isInstanceOf(Admission.Granted.class);
    assertThat(queue.ask(new Ticket<>("b", "n", "r", 9, T0))).isInstanceOf(Admission.Waiting.class);
    assertThat(queue.ask(new Ticket<>("c", "n", "s", 0, T0))).isInstanceOf(Admission.Granted.class);
  }

  @Test
  void aPausedNamespaceOrRepositorySaysSoAndHoldsBackNobodyElse() {
    BuildQueue<String> namespaces =
        new BuildQueue<>(new Limits(3, null, Map.of("a", 0), null), k -> {});
    assertThat(namespaces.ask(ticket("a", "x", 1000, 0)))
        .isInstanceOfSatisfying(
            Admission.Waiting.class, w -> assertThat(w.message()).contains("paused"));
    assertThat(namespaces.ask(ticket("b", "x", -1000, 9))).isInstanceOf(Admission.Granted.class);

    BuildQueue<String> repositories =
        new BuildQueue<>(new Limits(null, null, Map.of(), 0), k -> {});
    assertThat(repositories.ask(ticket("a", "x", 0, 0)))
        .isInstanceOfSatisfying(
            Admission.Waiting.class, w -> assertThat(w.message()).contains("paused"));
  }

  @Test
  void aNamespaceOfItsOwnLimitIsNotHeldToThatOfAll() {
    BuildQueue<String> queue = new BuildQueue<>(new Limits(null, 0, Map.of("a", 2), null), k -> {});
    assertThat(queue.ask(ticket("a", "x", 0, 0))).isInstanceOf(Admission.Granted.class);
    assertThat(queue.ask(ticket("a", "y", 0, 0))).isInstanceOf(Admission.Granted.class);
    assertThat(queue.ask(ticket("a", "z", 0, 0))).isInstanceOf(Admission.Waiting.class);
    assertThat(queue.ask(ticket("b", "x", 0, 0))).isInstanceOf(Admission.Waiting.class);
  }

  /** Random schedules that never run dry: who waits long enough is served, whoever comes. */
  @Test
  void underEndlessPressureNamespacesAreServedAlikeAndTheOldestWithinEightTurns() {
    for (int seed = 0; seed < 30; seed++) {
      new Pressure(seed).run();
    }
  }

  /** Four namespaces with always five waiting each, of random priorities, and one place. */
  private static final class Pressure {
    private final int seed;
    private final Random random;
    private final Deque<String> woken = new ArrayDeque<>();
    private final BuildQueue<String> queue = new BuildQueue<>(cluster(1), woken::add);
    private final Map<String, Ticket<String>> waiting = new java.util.TreeMap<>();
    private final Map<String, Integer> served = new HashMap<>();
    private final Map<String, Integer> passedOver = new HashMap<>();
    private int arrivals;

    Pressure(int seed) {
      this.seed = seed;
      random = new Random(seed);
    }

    void run() {
      queue.occupy(ticket("n0", "running", 0, 0));
      String running = "n0/running";
      for (int start = 0; start < 400; start++) {
        fill();
        woken.clear();
        queue.leave(running);
        running = started();
        assertThat(waiting).as("seed %d: only the place that is free is given", seed).hasSize(19);
      }
      assertThat(served.values())
          .as("seed %d: starts of each namespace %s", seed, served)
          .hasSize(4)
          .allMatch(n -> n >= 99 && n <= 101);
    }

    private void fill() {
      for (int n = 0; n < 4; n++) {
        String namespace = "n" + n;
        while (waiting.values().stream().filter(t -> t.namespace().equals(namespace)).count() < 5) {
          int number = arrivals++;
          Ticket<String> ticket =
              ticket(namespace, "b" + number, number < 20 ? -9 : random.nextInt(9), number);
          waiting.put(ticket.key(), ticket);
          assertThat(queue.ask(ticket)).isInstanceOf(Admission.Waiting.class);
        }
      }
    }

    /** The one whose turn it was. */
    private String started() {
      for (String key : woken) {
        Ticket<String> ticket = waiting.get(key);
        if (ticket != null && queue.ask(ticket) instanceof Admission.Granted) {
          waiting.remove(key);
          served.merge(ticket.namespace(), 1, Integer::sum);
          boolean oldest =
              waiting.values().stream()
                  .filter(t -> t.namespace().equals(ticket.namespace()))
                  .noneMatch(t -> t.since().isBefore(ticket.since()));
          int turns = oldest ? 0 : passedOver.merge(ticket.namespace(), 1, Integer::sum);
          assertThat(turns).as("seed %d: the oldest of its namespace waits on", seed).isLessThan(8);
          if (oldest) {
            passedOver.remove(ticket.namespace());
          }
          return key;
        }
      }
      throw new AssertionError("seed " + seed + ": a place is free and nobody was woken for it");
    }
  }

  /** Random schedules: arrivals, ends, and limits of every kind, pauses among them. */
  @Test
  void limitsHoldNobodyIdlesAndNobodyStarves() {
    for (int seed = 0; seed < 150; seed++) {
      new Schedule(seed).run();
    }
  }

  /** One random schedule, with a model of who runs. */
  private static final class Schedule {
    private final int seed;
    private final Random random;
    private final Limits limits;
    private final Map<String, Ticket<String>> waiting = new HashMap<>();
    private final Map<String, Ticket<String>> running = new HashMap<>();
    private final Deque<String> woken = new ArrayDeque<>();
    private final BuildQueue<String> queue;
    private int names;

    Schedule(int seed) {
      this.seed = seed;
      random = new Random(seed);
      limits =
          new Limits(
              random.nextInt(20) == 0 ? (Integer) 0 : limit(),
              limit(),
              random.nextBoolean() ? Map.of("n0", 1, "n1", random.nextInt(2)) : Map.of(),
              limit());
      queue = new BuildQueue<>(limits, woken::add);
    }

    private @Nullable Integer limit() {
      return random.nextInt(3) == 0 ? null : 1 + random.nextInt(4);
    }

    void run() {
      for (int step = 0; step < 120; step++) {
        if (random.nextInt(3) > 0) {
          arrive(step);
        } else {
          finishOne();
        }
        answer();
        check();
      }
      // No more arrivals: all that wait must get their turn, save who is paused.
      for (int i = 0; i < 1000 && !running.isEmpty(); i++) {
        end(running.keySet());
        answer();
        check();
      }
      assertThat(waiting.values()).as("seed %d: starved", seed).allMatch(this::paused);
    }

    private void arrive(int step) {
      Ticket<String> ticket =
          new Ticket<>(
              "t" + names++,
              "n" + random.nextInt(4),
              "r" + random.nextInt(5),
              random.nextInt(5),
              T0.plusSeconds(step));
      ask(ticket);
    }

    private void ask(Ticket<String> ticket) {
      waiting.put(ticket.key(), ticket);
      if (queue.ask(ticket) instanceof Admission.Granted) {
        waiting.remove(ticket.key());
        running.put(ticket.key(), ticket);
      }
    }

    private void finishOne() {
      end(random.nextInt(9) == 0 ? waiting.keySet() : running.keySet());
    }

    private void end(Collection<String> keys) {
      if (keys.isEmpty()) {
        return;
      }
      String key = List.copyOf(new java.util.TreeSet<>(keys)).get(random.nextInt(keys.size()));
      waiting.remove(key);
      running.remove(key);
      queue.leave(key);
    }

    /** Whoever is woken asks again, as a reconciler does. */
    private void answer() {
      while (!woken.isEmpty()) {
        Ticket<String> ticket = waiting.get(woken.removeFirst());
        if (ticket != null) {
          ask(ticket);
        }
      }
    }

    private void check() {
      assertThat(queue.running()).as("seed %d: both know who runs", seed).isEqualTo(running.size());
      assertThat(queue.length()).as("seed %d", seed).isEqualTo(waiting.size());
      for (Ticket<String> t : running.values()) {
        assertThat(fits(t, 0)).as("seed %d: limits are kept", seed).isTrue();
      }
      for (Ticket<String> t : waiting.values()) {
        assertThat(fits(t, 1)).as("seed %d: %s could run", seed, t).isFalse();
      }
    }

    private boolean paused(Ticket<String> ticket) {
      Integer own = limits.of(ticket.namespace());
      return (limits.cluster() != null && limits.cluster() == 0) || (own != null && own == 0);
    }

    private boolean fits(Ticket<String> ticket, int more) {
      long namespace = count(t -> t.namespace().equals(ticket.namespace()));
      long repository = count(t -> t.repository().equals(ticket.repository()));
      Integer own = limits.of(ticket.namespace());
      return (limits.cluster() == null || running.size() + more <= limits.cluster())
          && (own == null || namespace + more <= own)
          && (limits.repository() == null || repository + more <= limits.repository());
    }

    private long count(java.util.function.Predicate<Ticket<String>> which) {
      return running.values().stream().filter(which).count();
    }
  }

  /** Positions are what they would be if everybody were served one by one from here on. */
  @Test
  void positionsAreThoseOfTheStartsThatFollow() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      List<String> woken = new ArrayList<>();
      BuildQueue<String> queue = new BuildQueue<>(cluster(1), woken::add);
      queue.occupy(ticket("n0", "running", 0, 0));
      Map<String, Ticket<String>> waiting = new HashMap<>();
      int priorities = 1 + random.nextInt(3);
      for (int i = 0; i < 60; i++) {
        Ticket<String> t =
            ticket("n" + random.nextInt(4), "b" + i, random.nextInt(priorities), random.nextInt(9));
        waiting.put(t.key(), t);
        queue.ask(t);
      }
      Map<String, Integer> positions = new HashMap<>();
      waiting.values().forEach(t -> positions.put(t.key(), position(queue.ask(t))));
      String running = "n0/running";
      for (int start = 1; start <= 60; start++) {
        woken.clear();
        queue.leave(running);
        running =
            woken.stream()
                .filter(k -> queue.ask(waiting.get(k)) instanceof Admission.Granted)
                .findFirst()
                .orElseThrow();
        assertThat(positions.get(running)).as("seed %d: %s", seed, running).isEqualTo(start);
      }
    }
  }

  private static int position(Admission answer) {
    return ((Admission.Waiting) answer).position();
  }

  /** Whoever waits hears of it when its position has halved, and seldom otherwise. */
  @Test
  void whoHasComeFarIsToldSo() {
    Map<String, Integer> told = new HashMap<>();
    Map<String, Ticket<String>> waiting = new HashMap<>();
    List<String> woken = new ArrayList<>();
    BuildQueue<String> queue = new BuildQueue<>(cluster(1), woken::add);
    queue.occupy(ticket("a", "running", 0, 0));
    for (int i = 0; i < 100; i++) {
      Ticket<String> t = ticket("a", "b" + i, 0, i + 1);
      waiting.put(t.key(), t);
      told.put(t.key(), position(queue.ask(t)));
    }
    assertThat(told).containsEntry("a/b99", 100);
    int news = 0;
    String running = "a/running";
    for (int i = 0; i < 99; i++) {
      woken.clear();
      queue.leave(running);
      running = "a/b" + i;
      for (String key : woken) {
        if (queue.ask(waiting.get(key)) instanceof Admission.Waiting now) {
          assertThat(now.position()).isLessThanOrEqualTo(told.get(key) / 2);
          told.put(key, now.position());
          news++;
        }
      }
      int at = i;
      assertThat(told.entrySet())
          .filteredOn(e -> Integer.parseInt(e.getKey().substring(3)) > at)
          .allMatch(e -> Integer.parseInt(e.getKey().substring(3)) - at > e.getValue() / 2);
    }
    assertThat(news).isBetween(100, 100 * 7);
  }

  /** Minutes, where each ask or end looks at all who wait. */
  @Test
  @Timeout(30)
  void tensOfThousandsWaitAndNoCallLooksAtAllOfThem() {
    Deque<String> woken = new ArrayDeque<>();
    Map<String, Ticket<String>> waiting = new HashMap<>();
    BuildQueue<String> queue = new BuildQueue<>(cluster(50), woken::add);
    for (int i = 0; i < 20_000; i++) {
      Ticket<String> t = ticket("n" + i % 200, "b" + i, 0, i);
      if (queue.ask(t) instanceof Admission.Waiting) {
        waiting.put(t.key(), t);
      }
    }
    Deque<String> running = new ArrayDeque<>();
    for (int i = 0; i < 50; i++) {
      running.add("n" + i % 200 + "/b" + i);
    }
    while (!running.isEmpty()) {
      queue.leave(running.removeFirst());
      while (!woken.isEmpty()) {
        String key = woken.removeFirst();
        if (queue.ask(waiting.get(key)) instanceof Admission.Granted) {
          running.addLast(key);
        }
      }
    }
    assertThat(queue.length()).isZero();
    assertThat(queue.running()).isZero();
  }

  @Test
  void aStreamOfHighPrioritiesStarvesNobody() {
    BuildQueue<String> queue = new BuildQueue<>(cluster(1), k -> {});
    queue.ask(ticket("a", "first", 0, 0));
    queue.ask(ticket("a", "low", -1000, 1));
    String current = "a/first";
    Set<String> served = new HashSet<>();
    Map<String, Ticket<String>> tickets = new HashMap<>();
    for (int i = 0; i < 40 && !served.contains("a/low"); i++) {
      Ticket<String> high = ticket("a", "high" + i, 1000, 2 + i);
      tickets.put(high.key(), high);
      queue.ask(high);
      queue.leave(current);
      tickets.put("a/low", ticket("a", "low", -1000, 1));
      for (Ticket<String> t : List.copyOf(tickets.values())) {
        if (queue.ask(t) instanceof Admission.Granted) {
          current = t.key();
          served.add(t.key());
        }
      }
      tickets.remove(current);
    }
    assertThat(served).contains("a/low");
  }
}
