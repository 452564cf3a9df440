package dev.slipway.builder.source;

import java.time.Duration;
import java.util.Map;

/**
 * How Git repositories are fetched.
 *
 * @param credentials for which host what is sent
 * @param addresses which servers may be asked
 * @param allowLocal whether {@code file://} and paths are repositories; only for one's own builds
 * @param depth how much history to fetch, in commits; 0 is all of it. It can be seen only with
 *     {@code .git} kept
 * @param timeout for connecting, and for each wait for more bytes
 * @param environment the variables with proxies; see {@link EnvironmentProxies}
 */
public record GitSettings(
    GitCredentials credentials,
    AddressPolicy addresses,
    boolean allowLocal,
    int depth,
    Duration timeout,
    Map<String, String> environment) {

  /** No credentials, nothing local, one commit deep. */
  public static GitSettings defaults() {
    return new GitSettings(
        GitCredentials.none(),
        AddressPolicy.NO_METADATA,
        false,
        1,
        Duration.ofSeconds(30),
        System.getenv());
  }

  public GitSettings withCredentials(GitCredentials value) {
    return new GitSettings(value, addresses, allowLocal, depth, timeout, environment);
  }

  public GitSettings withAllowLocal(boolean value) {
    return new GitSettings(credentials, addresses, value, depth, timeout, environment);
  }

  public GitSettings withAddresses(AddressPolicy value) {
    return new GitSettings(credentials, value, allowLocal, depth, timeout, environment);
  }
}
