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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The wish: what to build, from where, and where to push it. */
@ValidationRule(
    value = "has(self.source) || has(self.dockerfileInline)",
    message = "spec needs a source, or a dockerfileInline, or both")
@ValidationRule(
    value =
        "!has(self.dockerfileInline) || !has(self.dockerfile) || self.dockerfile == 'Dockerfile'",
    message = "dockerfile and dockerfileInline exclude each other: keep one")
@ValidationRule(
    value = "!has(self.platforms) || size(self.platforms) <= 1",
    message =
        "platforms can name one platform: one ImageBuild makes an image for one; apply one for each")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ImageBuildSpec(
    @JsonPropertyDescription(
            "Where the build context comes from. Without it, the context is empty, and the"
                + " Dockerfile is that of dockerfileInline.")
        @Nullable Source source,
    @JsonPropertyDescription("Path of the Dockerfile, relative to contextDir.")
        @Default("Dockerfile")
        @Size(min = 1, max = 1024) String dockerfile,
    @JsonPropertyDescription("The Dockerfile itself, instead of one in the context.")
        @Size(min = 1, max = 65536) @Nullable String dockerfileInline,
    @JsonPropertyDescription("Stage to build; empty means the last one.") @Size(max = 128) @Nullable String target,
    @JsonPropertyDescription(
            "Platform of the image, such as linux/arm64. Empty means that of the node; another one"
                + " needs a node that can run its programs, or a Dockerfile without RUN.")
        @Size(max = 8) List<@Size(min = 1, max = 64) @Pattern("^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$") String>
            platforms,
    @JsonPropertyDescription("Values for the ARGs of the Dockerfile.") @Size(max = 128) List<BuildArg> buildArgs,
    @JsonPropertyDescription("Secrets for RUN --mount=type=secret.") @Size(max = 32) List<BuildSecret> secrets,
    @JsonPropertyDescription(
            "Private keys for RUN --mount=type=ssh. A host's key belongs into the image's"
                + " known_hosts.")
        @Size(max = 8) List<BuildSsh> ssh,
    @JsonPropertyDescription("Where the image goes.") @Required Output output,
    @JsonPropertyDescription("Run every step again, whatever the cache holds.") @Default("false")
        boolean noCache,
    @JsonPropertyDescription("Where steps are remembered for later builds.") Cache cache,
    @JsonPropertyDescription(
            "How long one build may run, such as 30m or 1h30m. The builder pod is ended after it.")
        @Default("1h")
        @Pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$") @Size(max = 32) String timeout,
    @JsonPropertyDescription(
            "How often a build is tried again after a failure of the infrastructure "
                + "(eviction, node loss, a registry that answers 5xx). A failing RUN is never "
                + "retried.")
        @Default("3")
        @Min(0) @Max(20) Integer retries,
    @JsonPropertyDescription("Start no new build while true. A running build goes on.")
        @Default("false")
        boolean suspend,
    @JsonPropertyDescription(
            "How long a build may wait, for a place in the queue and for its pod to start, before it"
                + " fails. Empty leaves the queue without a limit, and the start to the platform.")
        @Pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$") @Size(max = 32) @Nullable String waitTimeout,
    @JsonPropertyDescription(
            "What happens to a running build when the spec changes: Replace (the default) stops it"
                + " and builds the new spec; Forbid lets it finish first; Allow lets it run on"
                + " beside the new one, and does so too when the ref moves or a build is asked"
                + " for. Whichever pushes last has the tag; status.image is of the newest.")
        @Default("Replace")
        ConcurrencyPolicy concurrencyPolicy,
    @JsonPropertyDescription(
            "Place in the queue against other builds: higher goes first. The platform shares fairly"
                + " between namespaces whatever their priorities.")
        @Default("0")
        @Min(-1000) @Max(1000) Integer priority,
    @JsonPropertyDescription("Build again by itself when the ref moves, or a base image does.")
        @Nullable Follow follow,
    @JsonPropertyDescription("How long builder pods that ended are kept, for their logs.")
        Retention retention,
    @JsonPropertyDescription("Requests to the builder pod: resources and placement.")
        PodTemplate pod,
    @JsonPropertyDescription(
            "Keep the stage of a step that fails, and a container to look around in it. The status"
                + " says how to enter it. A cancel or another build ends it early.")
        @Nullable Debug debug) {

  /** Applies the defaults, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public ImageBuildSpec {
    dockerfile = dockerfile == null ? "Dockerfile" : dockerfile;
    platforms = platforms == null ? List.of() : List.copyOf(platforms);
    buildArgs = buildArgs == null ? List.of() : List.copyOf(buildArgs);
    secrets = secrets == null ? List.of() : List.copyOf(secrets);
    ssh = ssh == null ? List.of() : List.copyOf(ssh);
    cache = cache == null ? Cache.NONE : cache;
    timeout = timeout == null ? "1h" : timeout;
    retries = retries == null ? 3 : retries;
    concurrencyPolicy = concurrencyPolicy == null ? ConcurrencyPolicy.REPLACE : concurrencyPolicy;
    priority = priority == null ? 0 : priority;
    retention = retention == null ? Retention.STANDARD : retention;
    pod = pod == null ? PodTemplate.NONE : pod;
  }

  /** The repository of the context, where it has one. */
  public @Nullable GitSource git() {
    return source == null ? null : source.git();
  }

  /** The directory of the repository that is the context. */
  public String contextDir() {
    return source == null ? "." : source.contextDir();
  }
}
