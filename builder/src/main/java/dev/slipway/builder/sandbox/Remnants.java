package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Child;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Processes;
import dev.slipway.builder.linux.Self;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Ends what outlives a step where there is no PID namespace that would.
 *
 * <p>The first process of a step adopts those below it whose parent ends, and when it ends itself,
 * the builder adopts them all. No process can choose another parent. So a child of the builder that
 * is no step's first process, and not the builder's own, is left from a step that has ended. The
 * builder's own are in its session, which a step has left and cannot go back to.
 */
final class Remnants implements Supervisor.Household {
  private static final int SIGKILL = 9;
  private static final int SIGSTOP = 19;

  /** Then those that do not stop, say because they wait for a disk, are killed as they are. */
  private static final int MOST_ROUNDS = 1000;

  private static @Nullable Remnants only;

  private final int self = Math.toIntExact(ProcessHandle.current().pid());
  private final int session;

  /** Children that the builder had before any step, by number: since when. */
  private final Map<Integer, Long> strangers = new HashMap<>();

  private final Map<Integer, Child> running = new ConcurrentHashMap<>();

  /** Shared: a step is started and written down. Exclusive: those not written down are killed. */
  private final ReadWriteLock register = new ReentrantReadWriteLock();

  private Remnants(Map<Integer, Processes.Info> all) {
    session = Objects.requireNonNull(all.get(self)).session();
    all.values().stream()
        .filter(one -> one.parent() == self)
        .forEach(one -> strangers.put(one.pid(), one.started()));
  }

  /** One for all sandboxes of this process: what one does not know, another may have started. */
  static synchronized Remnants ofThisProcess() throws IOException {
    if (only == null) {
      Self.adoptOrphans();
      only = new Remnants(Processes.all());
    }
    return only;
  }

  @Override
  public Child begin(ChildScript script, long namespaces) throws LinuxException {
    register.readLock().lock();
    try {
      Child child = script.start(namespaces);
      running.put(child.pid(), child);
      return child;
    } finally {
      register.readLock().unlock();
    }
  }

  @Override
  public void ended(Child child) {
    register.writeLock().lock();
    try {
      running.remove(child.pid(), child);
      end();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot end what a step left running", e);
    } finally {
      register.writeLock().unlock();
    }
  }

  /**
   * First all are stopped, round by round until no new one appears: what is stopped starts nothing,
   * and what is not killed makes no room for another, so a fork bomb comes to its end.
   */
  private void end() throws IOException {
    Set<Integer> stopped = new HashSet<>();
    for (int round = 0; ; round++) {
      Map<Integer, Processes.Info> all = Processes.all();
      List<Processes.Info> roots = all.values().stream().filter(this::isRemnant).toList();
      if (roots.isEmpty()) {
        return;
      }
      Collection<Processes.Info> family = withDescendants(roots, all);
      boolean quiet = true;
      for (Processes.Info one : family) {
        if (!one.hasEnded()) {
          quiet &= one.isStopped() && !stopped.add(one.pid());
          Processes.signal(one.pid(), SIGSTOP);
        }
      }
      if (quiet || round >= MOST_ROUNDS) {
        for (Processes.Info one : family) {
          Processes.signal(one.pid(), SIGKILL);
        }
        for (Processes.Info root : roots) {
          Processes.reap(root.pid());
        }
        stopped.clear();
        round = 0;
      }
    }
  }

  private boolean isRemnant(Processes.Info one) {
    return one.parent() == self
        && one.session() != session
        && !running.containsKey(one.pid())
        && !Objects.equals(strangers.get(one.pid()), one.started());
  }

  private static Collection<Processes.Info> withDescendants(
      List<Processes.Info> roots, Map<Integer, Processes.Info> all) {
    Map<Integer, List<Processes.Info>> children = new HashMap<>();
    all.values()
        .forEach(
            one -> children.computeIfAbsent(one.parent(), parent -> new ArrayList<>()).add(one));
    Map<Integer, Processes.Info> family = new HashMap<>();
    Deque<Processes.Info> open = new ArrayDeque<>(roots);
    for (Processes.Info one; (one = open.poll()) != null; ) {
      if (family.put(one.pid(), one) == null) {
        open.addAll(children.getOrDefault(one.pid(), List.of()));
      }
    }
    return family.values();
  }
}
