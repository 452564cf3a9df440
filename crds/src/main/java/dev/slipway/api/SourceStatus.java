package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The commit that the latest build is pinned to. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SourceStatus(
    @JsonPropertyDescription("Full SHA of the commit.") @Nullable String commit,
    @JsonPropertyDescription("First twelve characters of the SHA.") @Nullable String shortCommit,
    @JsonPropertyDescription("Author of the commit.") @Nullable String author,
    @JsonPropertyDescription("First line of the commit message.") @Nullable String message,
    @JsonPropertyDescription("Time of the commit (RFC 3339).") @Nullable String time) {}
