package dev.slipway.builder.registry;

/** What it took to have a blob in a repository. */
public enum PushResult {
  /** It was there. */
  EXISTED,
  /** The registry took it over from another of its repositories. */
  MOUNTED,
  /** Its bytes were sent. */
  UPLOADED
}
