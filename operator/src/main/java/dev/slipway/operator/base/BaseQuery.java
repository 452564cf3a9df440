package dev.slipway.operator.base;

import org.jspecify.annotations.Nullable;

/**
 * A question to a registry: which digest is this image?
 *
 * @param reference the image as FROM has it
 * @param namespace namespace of the Secret; empty where there is none
 * @param secret name of the Secret with registry logins; null for none
 * @param insecure registry that may be spoken to without TLS because the ImageBuild says so; empty
 *     for none
 */
public record BaseQuery(
    String reference, String namespace, @Nullable String secret, String insecure) {

  /** Asks with the logins of one namespace; without a Secret, all namespaces ask the same. */
  public static BaseQuery of(
      String reference, String namespace, @Nullable String secret, String insecure) {
    return new BaseQuery(reference, secret == null ? "" : namespace, secret, insecure);
  }
}
