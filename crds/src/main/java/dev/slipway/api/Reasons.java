package dev.slipway.api;

/**
 * The reasons that the operator itself gives in conditions, {@code status.reason} and {@code
 * status.failure}. A failed build has the reason of the builder, such as {@code RunFailed}. The
 * names are API: they may be added to, never renamed.
 */
public final class Reasons {
  private Reasons() {}

  // Progress.
  public static final String RESOLVING = "ResolvingRef";
  public static final String QUEUED = "Queued";
  public static final String STARTING = "PodStarting";
  public static final String BUILDING = "Building";
  public static final String RETRYING = "Retrying";
  public static final String PUSHING_AGAIN = "PushingAgain";
  public static final String STOPPING = "StoppingPrevious";

  // The end of it.
  public static final String SUCCEEDED = "Succeeded";
  public static final String CANCELLED = "Cancelled";
  public static final String SUPERSEDED = "Superseded";
  public static final String SUSPENDED = "Suspended";
  public static final String TIMEOUT = "Timeout";

  // Git, as the operator sees it.
  public static final String GIT_REF_NOT_FOUND = "GitRefNotFound";
  public static final String GIT_UNREACHABLE = "GitUnreachable";
  public static final String GIT_AUTHENTICATION_FAILED = "GitAuthenticationFailed";
  public static final String GIT_REPOSITORY_NOT_FOUND = "GitRepositoryNotFound";
  public static final String GIT_HOST_KEY_UNKNOWN = "GitHostKeyUnknown";

  public static final String SECRET_ACCESS_DENIED = "SecretAccessDenied";
  public static final String FOLLOWING = "Following";

  // Registries, as the operator sees them; the builder has the same names.
  public static final String IMAGE_NOT_FOUND = "ImageNotFound";
  public static final String REGISTRY_UNREACHABLE = "RegistryUnreachable";
  public static final String REGISTRY_AUTHENTICATION_FAILED = "RegistryAuthenticationFailed";

  // The builder pod.
  public static final String SECRET_NOT_FOUND = "SecretNotFound";
  public static final String CONFIG_MAP_NOT_FOUND = "ConfigMapNotFound";
  public static final String SERVICE_ACCOUNT_NOT_FOUND = "ServiceAccountNotFound";
  public static final String VOLUME_MOUNT_FAILED = "VolumeMountFailed";
  public static final String BUILDER_IMAGE_PULL_FAILED = "BuilderImagePullFailed";
  public static final String UNSCHEDULABLE = "Unschedulable";
  public static final String QUOTA_EXCEEDED = "QuotaExceeded";
  public static final String CONFIG_MAP_NAME_TAKEN = "ConfigMapNameTaken";
  public static final String POD_REJECTED = "PodRejected";
  public static final String POD_NAME_TAKEN = "PodNameTaken";
  public static final String POD_EVICTED = "PodEvicted";
  public static final String POD_DELETED = "PodDeleted";
  public static final String NODE_LOST = "NodeLost";
  public static final String BUILDER_START_FAILED = "BuilderStartFailed";
  public static final String BUILDER_CRASHED = "BuilderCrashed";
  public static final String OUT_OF_MEMORY = "OutOfMemory";

  // Why it built.
  public static final String SPEC_CHANGED = "SpecChanged";
  public static final String NEW_COMMIT = "NewCommit";
  public static final String BASE_IMAGE_CHANGED = "BaseImageChanged";
  public static final String REQUESTED = "Requested";
}
