package dev.slipway.builder.source;

import java.util.regex.Pattern;

/** Takes credentials out of text that users will see: logs, errors, history, provenance. */
public final class Redaction {
  // The user info of any URL in a text. "git@host:path" has no secret and stays.
  private static final Pattern USER_INFO =
      Pattern.compile("\\b([a-zA-Z][a-zA-Z0-9+.-]*://)([^\\s/?#@\"']*)@");
  // Tokens that object stores and forges put into the query of a signed URL.
  private static final Pattern SECRET_PARAMETER =
      Pattern.compile(
          "(?i)([?&](?:access_token|private_token|token|password|signature|sig|x-amz-signature"
              + "|x-amz-security-token|x-amz-credential|x-goog-signature)=)[^&#\\s\"']+");

  private Redaction() {}

  /**
   * {@code text}, with the user info of every URL in it replaced by {@code xxxxx} and with the
   * values of query parameters that are known to be secrets replaced likewise. A user name alone
   * ({@code ssh://git@host}) stays for ssh, where it is no secret; over http it may be a token.
   */
  public static String url(String text) {
    String clean =
        USER_INFO
            .matcher(text)
            .replaceAll(match -> {
              String scheme = match.group(1);
              String user = match.group(2);
              boolean plainUser = scheme.equalsIgnoreCase("ssh://") && user.indexOf(':') < 0;
              return java.util.regex.Matcher.quoteReplacement(
                  plainUser ? match.group() : scheme + "xxxxx@");
            });
    return SECRET_PARAMETER.matcher(clean).replaceAll("$1xxxxx");
  }
}
