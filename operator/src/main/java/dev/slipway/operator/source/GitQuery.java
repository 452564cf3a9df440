package dev.slipway.operator.source;

import dev.slipway.api.CaBundleReference;
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
 * @param caBundle where the certificates of a private authority are; null for none
 */
public record GitQuery(
    String namespace,
    String url,
    String ref,
    @Nullable String secret,
    @Nullable CaBundleReference caBundle) {
  private static final Pattern SHA = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private static final Pattern SHORT_SHA = Pattern.compile("[0-9a-f]{7,63}");

  /** Without a source there is nothing to ask; such a query is never sent. */
  public static GitQuery of(String namespace, @Nullable GitSource git) {
    if (git == null) {
      return new GitQuery(namespace, "", "", null, null);
    }
    LocalReference secret = git.secretRef();
    return new GitQuery(
        namespace,
        git.url(),
        git.ref() == null ? "" : git.ref(),
        secret == null ? null : secret.name(),
        git.caBundleRef());
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
    boolean shared = secret == null && caBundle == null;
    return new Repository(shared ? "" : namespace, url, secret, caBundle);
  }

  /** A repository as one set of credentials sees it. */
  record Repository(
      String namespace,
      String url,
      @Nullable String secret,
      @Nullable CaBundleReference caBundle) {}
}
