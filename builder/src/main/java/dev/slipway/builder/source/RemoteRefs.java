package dev.slipway.builder.source;

import dev.slipway.builder.source.GitFetcher.RemoteRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The refs that a server advertised, and the rules by which a user's short name picks one of them.
 *
 * @param commits full ref name to commit ID, tags peeled
 * @param head what HEAD points at, such as {@code refs/heads/main}, where the server says
 */
record RemoteRefs(Map<String, String> commits, Optional<String> head) {
  private static final Pattern OBJECT_ID = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern SHORT_ID = Pattern.compile("[0-9a-f]{7,63}");

  static boolean isObjectId(String text) {
    return OBJECT_ID.matcher(text).matches();
  }

  static boolean isShortId(String text) {
    return SHORT_ID.matcher(text).matches() && !isObjectId(text);
  }

  /** The full names that {@code ref} may mean, best first: BuildKit prefers branches to tags. */
  static List<String> candidates(String ref) {
    List<String> names = new ArrayList<>();
    if (ref.isEmpty()) {
      names.add("HEAD");
      return names;
    }
    if (ref.equals("HEAD") || ref.startsWith("refs/")) {
      names.add(ref);
    } else {
      names.add("refs/" + ref);
    }
    if (!ref.startsWith("refs/")) {
      names.add("refs/heads/" + ref);
      names.add("refs/tags/" + ref);
    }
    return names;
  }

  Optional<RemoteRef> find(String ref) {
    for (String name : candidates(ref)) {
      String commit = commits.get(name);
      if (commit != null) {
        return Optional.of(new RemoteRef(name.equals("HEAD") ? head.orElse("HEAD") : name, commit));
      }
    }
    return Optional.empty();
  }

  /** The one advertised commit that starts with {@code shortId}; empty for none or several. */
  Optional<String> byShortId(String shortId) {
    TreeSet<String> found = new TreeSet<>();
    for (String id : commits.values()) {
      if (id.startsWith(shortId)) {
        found.add(id);
      }
    }
    return found.size() == 1 ? Optional.of(found.first()) : Optional.empty();
  }

  /** Any advertised name of {@code commit}: such a name can always be fetched. */
  Optional<String> nameOf(String commit) {
    return commits.entrySet().stream()
        .filter(e -> e.getValue().equals(commit) && !e.getKey().equals("HEAD"))
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst();
  }

  /** A few names that resemble {@code ref}, for an error message. */
  List<String> similar(String ref) {
    String wanted = ref.substring(ref.lastIndexOf('/') + 1).toLowerCase(java.util.Locale.ROOT);
    return commits.keySet().stream()
        .filter(name -> name.startsWith("refs/heads/") || name.startsWith("refs/tags/"))
        .map(name -> name.substring(name.indexOf('/', 5) + 1))
        .filter(name -> {
          String lower = name.toLowerCase(java.util.Locale.ROOT);
          return lower.contains(wanted) || wanted.contains(lower);
        })
        .sorted()
        .limit(3)
        .toList();
  }
}
