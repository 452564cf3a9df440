package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The Git repository a build takes its context from. */
@ValidationRule(
    value = "!self.url.matches(\"^[a-z]+://[^/@]*:[^/@]*@.*\")",
    message =
        "url must not carry a password: put it in a Secret of type kubernetes.io/basic-auth and name that in secretRef")
@ValidationRule(
    value = "!self.url.contains('#') && !self.url.contains('?')",
    message =
        "url must have no fragment and no query: put the ref in source.git.ref and the"
            + " directory in source.contextDir")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record GitSource(
    @JsonPropertyDescription(
            "URL of the repository: https, http, ssh, git or the short form git@host:path. "
                + "Credentials do not belong in it; use secretRef.")
        @Required
        @Size(min = 1, max = 2048) @Pattern("^(https?://|ssh://|git://|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:).+$") String url,
    @JsonPropertyDescription(
            "Branch, tag, full ref (refs/...) or commit SHA. Empty means the default branch "
                + "of the repository. It is resolved to a commit first, and the build is pinned "
                + "to that commit.")
        @Size(max = 255) @Pattern("^[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$") @Nullable String ref,
    @JsonPropertyDescription(
            "Secret with the credentials: type kubernetes.io/basic-auth (username, password "
                + "or token) or kubernetes.io/ssh-auth (ssh-privatekey, known_hosts).")
        @Nullable LocalReference secretRef,
    @JsonPropertyDescription(
            "Fetch submodules too, those of submodules included. Relative URLs are resolved"
                + " against url; credentials are shown to the host of url only.")
        @Default("true")
        Boolean submodules,
    @JsonPropertyDescription(
            "Keep .git in the context, with so many commits of history (0 is all of it), so that"
                + " git describe and the like work in RUN. Empty keeps no .git, which is fastest.")
        @Min(0) @Max(1000000) @Nullable Integer depth,
    @JsonPropertyDescription(
            "Fetch the files that the repository keeps in Git LFS, with the same credentials and"
                + " certificates. Without it they are the text of their pointers, and a warning in"
                + " the log names them.")
        @Default("false")
        Boolean lfs,
    @JsonPropertyDescription("Certificates to trust beside the system's, for a private authority.")
        @Nullable CaBundleReference caBundleRef) {

  /** Applies the defaults, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public GitSource {
    submodules = submodules == null ? Boolean.TRUE : submodules;
    lfs = lfs == null ? Boolean.FALSE : lfs;
  }
}
