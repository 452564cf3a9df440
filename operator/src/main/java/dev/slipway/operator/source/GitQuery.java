package dev.slipway.operator.source;

import dev.slipway.api.GitSource;
import dev.slipway.api.LocalReference;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A question to a Git server: which commit is this ref?
 *
 * @param namespace namespace of the ImageBuild, and of the Secret
 * @param url the repository
 * @param ref branch, tag, {@code refs/...} or SHA; empty for the default branch
 * @param secret name of the Secret with the credentials; null for none
 */
public record GitQuery(String namespace, String url, String ref, @Nullable String secret) {
  private static final Pattern SHA = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private static final Pattern SHORT_SHA = Pattern.compile("[0-9a-f]{7,63}");

  public static GitQuery of(String namespace, GitSource git) {
    LocalReference secret = git.secretRef();
    return new GitQuery(
        namespace,
        git.url(),
        git.ref() == null ? "" : git.ref(),
        secret == null ? null : secret.name());
  }

  /** The commit, where the ref is a full SHA and no server needs to be asked. */
  public Optional<String> pinned() {
    return SHA.matcher(ref).matches() ? Optional.of(ref) : Optional.empty();
  }

  /** Whether the ref looks like the first digits of a SHA. */
  boolean abbreviated() {
    return SHORT_SHA.matcher(ref).matches();
  }

  /** The same repository, seen with the same credentials: one request answers all refs of it. */
  Repository repository() {
    return new Repository(secret == null ? "" : namespace, url, secret);
  }

  /** A repository as one set of credentials sees it. */
  record Repository(String namespace, String url, @Nullable String secret) {}
}
