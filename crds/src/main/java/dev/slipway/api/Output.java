package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Where the image goes, and what is written on it. */
@ValidationRule(
    value = "!self.image.contains('@')",
    message = "image must not have a digest: it names the repository to push to")
@ValidationRule(
    value = "!self.image.matches('.*:[^/]*$')",
    message = "image must not have a tag: put it in output.tags")
@ValidationRule(
    value =
        "self.image.matches('^([A-Za-z0-9.-]+(:[0-9]+)?/|[[][0-9a-fA-F:]+[]](:[0-9]+)?/)?[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*(:[^/]*)?(@.*)?$')",
    message =
        "image must be [registry[:port]/]path, the path in lower case letters, digits and . _ - /")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Output(
    @JsonPropertyDescription(
            "Repository to push to, such as registry.example.com/team/app. No tag and no digest.")
        @Required
        @Size(min = 1, max = 512) String image,
    @JsonPropertyDescription("Tags to push; all of them name the same digest.")
        @Default("[\"latest\"]")
        @Size(min = 1, max = 32) List<@Size(min = 1, max = 128) @Pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$") String> tags,
    @JsonPropertyDescription(
            "Secret of type kubernetes.io/dockerconfigjson that may push to the repository, "
                + "and pull what FROM names.")
        @Nullable LocalReference pushSecretRef,
    @JsonPropertyDescription("Labels for the image config, over those of the Dockerfile.")
        @Size(max = 64) Map<String, String> labels,
    @JsonPropertyDescription("Annotations for the image manifest.") @Size(max = 64) Map<String, String> annotations,
    @JsonPropertyDescription(
            "Talk plain HTTP to the registry of this image, or HTTPS without verifying its "
                + "certificate.")
        @Default("false")
        boolean insecure,
    @JsonPropertyDescription(
            "Keep a ConfigMap <name>-image with the keys image, digest and commit of the last good image, for tools that read no status.")
        @Default("false")
        boolean configMap,
    @JsonPropertyDescription(
            "How new layers are compressed. Layers of base images stay as they are.")
        @Default("gzip")
        Compression compression,
    @JsonPropertyDescription(
            "Certificates to trust beside the system's, for registries with a private authority:"
                + " the one that is pushed to, and those that FROM names.")
        @Nullable CaBundleReference caBundleRef) {

  /** Applies the default, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Output {
    tags = tags == null || tags.isEmpty() ? List.of("latest") : List.copyOf(tags);
    compression = compression == null ? Compression.GZIP : compression;
    labels = labels == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(labels));
    annotations =
        annotations == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(annotations));
  }
}
