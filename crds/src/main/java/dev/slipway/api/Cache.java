package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where steps are remembered between builds, whose pods share nothing else. */
@ValidationRule(
    value =
        "has(self.repository) || (has(self.inline) && self.inline) || (has(self.disabled) && self.disabled)",
    message = "cache needs a repository, or inline: true")
@ValidationRule(
    value = "!has(self.repository) || !self.repository.contains('@')",
    message = "cache.repository must not have a digest: a cache is written to a tag")
@ValidationRule(
    value =
        "!has(self.repository) || self.repository.matches('^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@.*)?$')",
    message =
        "cache.repository must be [registry[:port]/]path[:tag], the path in lower case letters, digits and . _ - /")
@ValidationRule(
    value = "!has(self.mounts) || !self.mounts || has(self.repository)",
    message = "cache.mounts needs cache.repository: cache mounts do not belong into an image")
@ValidationRule(
    value = "!has(self.readOnly) || !self.readOnly || has(self.repository)",
    message = "cache.readOnly needs cache.repository")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Cache(
    @JsonPropertyDescription(
            "Repository, and perhaps tag, that keeps the cache, such as"
                + " registry.example.com/team/app-cache. It is read and written with the logins of"
                + " output.pushSecretRef. Whoever may write to it decides what is built from it.")
        @Size(min = 1, max = 512) @Nullable String repository,
    @JsonPropertyDescription("Neither read nor write the cache while true.") @Default("false")
        boolean disabled,
    @JsonPropertyDescription(
            "Which layers the repository keeps: Max those of every stage, Min those of the image"
                + " alone.")
        @Default("Max")
        CacheMode mode,
    @JsonPropertyDescription(
            "Let the pushed image be its own cache. It remembers every step, and keeps the layers of"
                + " the image.")
        @Default("false")
        boolean inline,
    @JsonPropertyDescription(
            "Read the repository and never write it: for builds of sources that are not trusted.")
        @Default("false")
        boolean readOnly,
    @JsonPropertyDescription(
            "Keep the contents of RUN --mount=type=cache in the repository too, and start from"
                + " them.")
        @Default("false")
        boolean mounts) {

  /** No cache but that of the builder's own store; valid when a client of the types sends it. */
  public static final Cache NONE = new Cache(null, true, CacheMode.MAX, false, false, false);

  /** Applies the default, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Cache {
    mode = mode == null ? CacheMode.MAX : mode;
  }
}
