package dev.slipway.operator.source;

/** What came of asking a repository for its refs. */
sealed interface RefsAnswer {
  /** Its refs. */
  record Refs(RemoteRefs refs) implements RefsAnswer {}

  /** The operator may not read the credentials. */
  record NoAccess() implements RefsAnswer {}

  /** It could not be asked; the reason is one of {@link dev.slipway.api.Reasons}. */
  record Trouble(String reason, String message) implements RefsAnswer {}
}
