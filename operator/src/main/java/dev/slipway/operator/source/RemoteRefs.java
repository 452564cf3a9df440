package dev.slipway.operator.source;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a Git server advertises.
 *
 * @param commits full ref name (and {@code HEAD}) to commit; annotated tags are already peeled
 */
record RemoteRefs(Map<String, String> commits) {

  RemoteRefs {
    commits = Map.copyOf(commits);
  }

  /** The commit of a ref, by the order in which Git itself looks a name up. */
  Optional<String> resolve(String ref) {
    if (ref.isEmpty()) {
      return Optional.ofNullable(commits.get("HEAD"));
    }
    return candidates(ref).stream()
        .flatMap(name -> Optional.ofNullable(commits.get(name)).stream())
        .findFirst()
        .or(() -> byAbbreviation(ref));
  }

  private Optional<String> byAbbreviation(String ref) {
    if (ref.length() < 7) {
      return Optional.empty();
    }
    List<String> matches =
        commits.values().stream().filter(id -> id.startsWith(ref)).distinct().limit(2).toList();
    return matches.size() == 1 ? Optional.of(matches.getFirst()) : Optional.empty();
  }

  private static List<String> candidates(String ref) {
    return ref.startsWith("refs/")
        ? List.of(ref)
        : List.of("refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref, ref);
  }

  /** A few names that look like the one that is missing, for an error message. */
  List<String> like(String ref) {
    String wanted = ref.replaceFirst("^refs/(heads|tags)/", "").toLowerCase(java.util.Locale.ROOT);
    return commits.keySet().stream()
        .filter(name -> name.startsWith("refs/heads/") || name.startsWith("refs/tags/"))
        .map(name -> name.replaceFirst("^refs/(heads|tags)/", ""))
        .filter(name -> {
          String other = name.toLowerCase(java.util.Locale.ROOT);
          return other.contains(wanted) || wanted.contains(other);
        })
        .sorted()
        .limit(3)
        .toList();
  }
}
