package dev.slipway.builder.layer;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A stream of entries that can be read again from the start: parents before children, siblings in
 * byte order, the first name of a hard-linked file before the others.
 */
@FunctionalInterface
public interface Entries {

  /** Receives one entry after the other. */
  @FunctionalInterface
  interface Visitor {
    /** The content of a file can be opened until this returns. */
    void visit(Entry entry) throws IOException;
  }

  /**
   * Shows every entry to {@code visitor}, on the calling thread.
   *
   * @throws dev.slipway.builder.failure.BuildException if the source is malformed or hostile
   * @throws IOException if it cannot be read, or from the visitor
   */
  void forEach(Visitor visitor) throws IOException;

  Entries NONE = visitor -> {};

  /** Of a list in memory, in its order. */
  static Entries of(List<Entry> entries) {
    List<Entry> copy = List.copyOf(entries);
    return visitor -> {
      for (Entry entry : copy) {
        visitor.visit(entry);
      }
    };
  }

  /** Every entry changed. */
  default Entries map(Function<Entry, Entry> change) {
    return visitor -> forEach(entry -> visitor.visit(change.apply(entry)));
  }

  /** Only the entries that {@code keep} accepts; what is below a rejected directory still comes. */
  default Entries filter(Predicate<Entry> keep) {
    return visitor ->
        forEach(entry -> {
          if (keep.test(entry)) {
            visitor.visit(entry);
          }
        });
  }

  /** These, then those. Keeping the order right is the caller's part. */
  default Entries then(Entries more) {
    return visitor -> {
      forEach(visitor);
      more.forEach(visitor);
    };
  }
}
