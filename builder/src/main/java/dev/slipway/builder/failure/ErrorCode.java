package dev.slipway.builder.failure;

/**
 * The typed reason of a failure, as it appears in the result document and in the status of an
 * {@code ImageBuild}. The names are API: they may be added to, never renamed.
 */
public enum ErrorCode {
  /** The command line or a settings file is wrong. */
  USAGE("InvalidArguments", false),
  /** The Dockerfile does not parse. */
  DOCKERFILE_SYNTAX("DockerfileInvalid", false),
  /** A check found something, and {@code # check=error=true} makes that a failure. */
  DOCKERFILE_CHECK("DockerfileCheckFailed", false),
  /** The Dockerfile asks for something that this engine refuses by name. */
  UNSUPPORTED("Unsupported", false),
  /** There is no Dockerfile where it was looked for. */
  DOCKERFILE_NOT_FOUND("DockerfileNotFound", false),
  /** {@code --target}, {@code FROM} or {@code --from} names no stage. */
  STAGE_NOT_FOUND("StageNotFound", false),
  /** The context cannot be read, or a path leaves it. */
  CONTEXT_INVALID("ContextInvalid", false),
  /** A file that an instruction names does not exist. */
  FILE_NOT_FOUND("FileNotFound", false),
  /** COPY, ADD or WORKDIR cannot write where it should: a file is in the way of a directory. */
  DESTINATION_INVALID("DestinationInvalid", false),
  /** The Git host has no such repository, or hides it from these credentials. */
  GIT_REPOSITORY_NOT_FOUND("GitRepositoryNotFound", false),
  GIT_REF_NOT_FOUND("GitRefNotFound", false),
  GIT_AUTH("GitAuthenticationFailed", false),
  GIT_HOST_KEY("GitHostKeyUnknown", false),
  GIT_UNREACHABLE("GitUnreachable", true),
  /** A URL of a context or of {@code ADD} cannot be fetched. */
  DOWNLOAD("DownloadFailed", true),
  /** What was written as the name of an image is none. */
  INVALID_IMAGE_NAME("InvalidImageName", false),
  IMAGE_NOT_FOUND("ImageNotFound", false),
  /** The image exists, but not for the wanted platform. */
  PLATFORM_NOT_FOUND("PlatformNotFound", false),
  REGISTRY_AUTH("RegistryAuthenticationFailed", false),
  REGISTRY_DENIED("RegistryDenied", false),
  REGISTRY_UNREACHABLE("RegistryUnreachable", true),
  /** The registry answered, with an error that is its own. */
  REGISTRY_ERROR("RegistryError", true),
  /** Bytes do not have the digest or size that was promised. */
  DIGEST_MISMATCH("DigestMismatch", true),
  /** A manifest, config, layer or archive is malformed or hostile. */
  IMAGE_INVALID("ImageInvalid", false),
  /** A RUN step ended with a non-zero exit code. */
  RUN_FAILED("RunFailed", false),
  /** A RUN step was ended by a signal. */
  RUN_KILLED("RunKilled", false),
  /** A RUN step, or the builder, ran out of memory. */
  OUT_OF_MEMORY("OutOfMemory", false),
  /** {@code USER} or {@code --chown} names a user or group that the image does not have. */
  USER_NOT_FOUND("UserNotFound", false),
  /** A secret or SSH agent that an instruction requires was not given. */
  SECRET_NOT_FOUND("SecretNotFound", false),
  /** No isolation tier works here, or not the one that was asked for. */
  SANDBOX("SandboxUnavailable", false),
  /** {@code --verify-reproducible}: two builds of the same gave two images. */
  NOT_REPRODUCIBLE("NotReproducible", false),
  DISK_FULL("DiskFull", true),
  CANCELLED("Cancelled", false),
  TIMEOUT("Timeout", false),
  IO("IoError", true),
  /** A defect of the engine. */
  INTERNAL("InternalError", false);

  private final String reason;
  private final boolean retryable;

  ErrorCode(String reason, boolean retryable) {
    this.reason = reason;
    this.retryable = retryable;
  }

  /** The CamelCase name that users see in a condition. */
  public String reason() {
    return reason;
  }

  /** Whether the same build, unchanged, may succeed later; a failure may override it. */
  public boolean retryable() {
    return retryable;
  }
}
