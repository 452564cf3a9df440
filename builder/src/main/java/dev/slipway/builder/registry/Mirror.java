package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another place that holds a registry's images, asked before the registry itself.
 *
 * @param registry whose images it holds, {@code docker.io}
 * @param scheme {@code http}, {@code https}, or empty to choose as for any registry
 * @param host with an optional port
 * @param repositoryPrefix put before repository names; with a slash at its end, or empty
 */
public record Mirror(String registry, String scheme, String host, String repositoryPrefix) {

  private static final Pattern FORM =
      Pattern.compile(
          "(?:(https?)://)?([A-Za-z0-9.-]+(?::[0-9]+)?|\\[[0-9A-Fa-f:]+](?::[0-9]+)?)"
              + "(?:/([a-z0-9._/-]*?))?/?");

  /**
   * Reads {@code REGISTRY=[http[s]://]HOST[:PORT][/PREFIX]}.
   *
   * @throws BuildException {@code USAGE} for anything else
   */
  public static Mirror parse(String text) {
    int equals = text.indexOf('=');
    Matcher matcher = FORM.matcher(equals < 0 ? "" : text.substring(equals + 1));
    if (equals <= 0 || !matcher.matches()) {
      throw new BuildException(
          ErrorCode.USAGE,
          "invalid registry mirror \""
              + text
              + "\": write it as docker.io=https://mirror.example.com/prefix");
    }
    String scheme = matcher.group(1) == null ? "" : matcher.group(1);
    String prefix = matcher.group(3) == null ? "" : matcher.group(3);
    return new Mirror(
        text.substring(0, equals), scheme, matcher.group(2), prefix.isEmpty() ? "" : prefix + "/");
  }
}
