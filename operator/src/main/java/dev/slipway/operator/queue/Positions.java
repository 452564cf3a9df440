package dev.slipway.operator.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.ToIntFunction;

/**
 * The positions that builds were told, and who should hear of a better one: those whose position
 * has halved, since a write for each step of each one would drown the API server. Somebody's
 * position falls by at most one when somebody else goes, so until enough have gone there is nothing
 * to work out. Not thread-safe.
 */
final class Positions<K> {
  private final Map<K, Told> told = new HashMap<>();
  private final PriorityQueue<Due<K>> due =
      new PriorityQueue<>(Comparator.comparingLong((Due<K> d) -> d.at()));
  private long gone;

  /**
   * @param position what was told
   * @param looks when to look again, as a number of those who went
   */
  private record Told(int position, long looks) {}

  private record Due<K>(K key, long at) {}

  void tell(K key, int position) {
    lookAt(key, position, position);
  }

  /** This one waits no longer; all behind it are one further. */
  void gone(K key) {
    told.remove(key);
    gone++;
  }

  private void lookAt(K key, int position, int now) {
    long at = gone + Math.max(1, now - position / 2);
    told.put(key, new Told(position, at));
    if (position > 1) {
      due.add(new Due<>(key, at));
    }
  }

  /**
   * Those who should ask again.
   *
   * @param position where somebody is now
   */
  List<K> halved(ToIntFunction<K> position) {
    List<K> look = new ArrayList<>();
    for (Due<K> d = due.peek(); d != null && d.at() <= gone; d = due.peek()) {
      due.remove();
      Told before = told.get(d.key());
      if (before == null || before.looks() != d.at()) {
        continue; // it went, or was told another position meanwhile
      }
      int now = position.applyAsInt(d.key());
      if (now <= before.position() / 2) {
        look.add(d.key());
      }
      lookAt(d.key(), before.position(), now);
    }
    return look;
  }
}
