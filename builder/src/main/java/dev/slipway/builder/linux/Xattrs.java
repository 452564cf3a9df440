package dev.slipway.builder.linux;

import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Extended attributes: names with byte values, ordered by name. An immutable value. */
public final class Xattrs {
  public static final Xattrs EMPTY = new Xattrs(new TreeMap<>());

  private final NavigableMap<String, byte[]> values;

  private Xattrs(NavigableMap<String, byte[]> values) {
    this.values = values;
  }

  /** Of a map whose values are copied. */
  public static Xattrs of(Map<String, byte[]> values) {
    if (values.isEmpty()) {
      return EMPTY;
    }
    NavigableMap<String, byte[]> copy = new TreeMap<>(FileName.BYTE_ORDER);
    values.forEach((name, value) -> copy.put(name, value.clone()));
    return new Xattrs(copy);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** The names, in byte order. */
  public NavigableSet<String> names() {
    return Collections.unmodifiableNavigableSet(values.navigableKeySet());
  }

  /** A copy of the value, or null where there is none of that name. */
  public byte @Nullable [] get(String name) {
    byte[] value = values.get(name);
    return value == null ? null : value.clone();
  }

  /** Only those whose names {@code keep} accepts. */
  public Xattrs filter(Predicate<String> keep) {
    if (values.isEmpty()) {
      return this;
    }
    NavigableMap<String, byte[]> kept = new TreeMap<>(FileName.BYTE_ORDER);
    values.forEach((name, value) -> {
      if (keep.test(name)) {
        kept.put(name, value);
      }
    });
    return kept.size() == values.size() ? this : kept.isEmpty() ? EMPTY : new Xattrs(kept);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Xattrs that
        && values.size() == that.values.size()
        && values.entrySet().stream()
            .allMatch(e -> Arrays.equals(e.getValue(), that.values.get(e.getKey())));
  }

  @Override
  public int hashCode() {
    int hash = 0;
    for (Map.Entry<String, byte[]> e : values.entrySet()) {
      hash = 31 * hash + (e.getKey().hashCode() ^ Arrays.hashCode(e.getValue()));
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    values.forEach((name, value) ->
        text.append(text.length() > 1 ? ", " : "")
            .append(name)
            .append('=')
            .append(HexFormat.of().formatHex(value)));
    return text.append('}').toString();
  }
}
