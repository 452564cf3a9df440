package dev.slipway.builder.copy;

import java.util.concurrent.atomic.AtomicInteger;

/** An open directory that a walk and the readers of its files share: the last one closes it. */
final class WalkedDirectory implements AutoCloseable {
  private final NodeReader.Place place;
  private final AtomicInteger users = new AtomicInteger(1);

  /** The directory of {@code place} is now this object's, and the caller its first user. */
  WalkedDirectory(NodeReader.Place place) {
    this.place = place;
  }

  NodeReader.Place place() {
    return place;
  }

  /** One user more, who closes it as well. */
  void retain() {
    users.incrementAndGet();
  }

  @Override
  public void close() {
    if (users.decrementAndGet() == 0) {
      place.dir().close();
    }
  }
}
