package dev.slipway.operator.source;

import java.util.Map;

/** Asks a Git server for its refs. Implementations are safe for use by several threads. */
interface GitServer {

  /**
   * One request, no download.
   *
   * @param credentials the keys of the Secret, as bytes; empty for an anonymous request
   * @throws GitFailure if the server does not answer or refuses
   */
  RemoteRefs refs(String url, Map<String, byte[]> credentials);
}
