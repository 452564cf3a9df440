package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** A build that ended, or that runs on beside a newer one. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record HistoryEntry(
    @JsonPropertyDescription("Number of the build.") @Required Long number,
    @JsonPropertyDescription("How it ended; absent while it runs on beside a newer one.")
        @Nullable Outcome outcome,
    @JsonPropertyDescription("Why it failed, as one word.") @Nullable String reason,
    @JsonPropertyDescription("Digest of the image.") @Nullable String digest,
    @JsonPropertyDescription("Commit it was built from.") @Nullable String commit,
    @JsonPropertyDescription("When it ended (RFC 3339).") @Nullable String completionTime,
    @JsonPropertyDescription("How long it ran, such as 41s.") @Nullable String duration) {}
