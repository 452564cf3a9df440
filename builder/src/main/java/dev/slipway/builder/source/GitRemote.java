package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.jgit.transport.URIish;

/**
 * A repository to talk to: a URL without credentials, and the connections that know them. A
 * submodule shares the credentials of the repository that the build named, by host.
 */
final class GitRemote {
  private final URIish uri;
  private final GitSettings settings;
  private final String mainScheme;
  private final String mainHost;

  private GitRemote(URIish uri, GitSettings settings, String mainScheme, String mainHost) {
    this.uri = uri;
    this.settings = settings;
    this.mainScheme = mainScheme;
    this.mainHost = mainHost;
  }

  /**
   * @throws BuildException USAGE for a URL that is malformed, or local where that is not allowed
   */
  static GitRemote of(String remote, GitSettings settings) {
    URIish parsed = parse(remote, settings);
    GitSettings own = settings;
    URIish bare = parsed;
    if (isHttp(parsed)) {
      own =
          settings.withCredentials(
              settings.credentials().withUserInfo(parsed.getUser(), parsed.getPass()));
      bare = parsed.setUser(null).setPass(null);
    }
    String scheme = scheme(parsed);
    return new GitRemote(bare, own, scheme, hostOf(parsed));
  }

  /** A submodule's repository; its URL may be relative to this one's. */
  GitRemote submodule(String url) {
    String absolute = url.startsWith("./") || url.startsWith("../") ? relative(url) : url;
    URIish parsed = parse(absolute, settings);
    URIish bare = isHttp(parsed) ? parsed.setUser(null).setPass(null) : parsed;
    return new GitRemote(bare, settings, mainScheme, mainHost);
  }

  URIish uri() {
    return uri;
  }

  GitSettings settings() {
    return settings;
  }

  GitConnections connections() {
    return new GitConnections(settings, this::authorization);
  }

  /**
   * What the host of {@code url} may see. Credentials are for the host of the main repository or
   * for one that their own name says, and what was meant for TLS is never sent in the clear.
   */
  Optional<String> authorization(URI url) {
    String scheme = HttpRequests.scheme(url);
    if (!scheme.equals("https") && !scheme.equals(mainScheme)) {
      return Optional.empty();
    }
    return settings.credentials().authorization(HttpRequests.host(url), mainHost);
  }

  /** git-submodule(1): each leading "../" takes one element off the URL of the superproject. */
  private String relative(String url) {
    String base = uri.toString();
    while (base.endsWith("/")) {
      base = base.substring(0, base.length() - 1);
    }
    String rest = url;
    while (true) {
      if (rest.startsWith("./")) {
        rest = rest.substring(2);
      } else if (rest.startsWith("../")) {
        rest = rest.substring(3);
        int cut = Math.max(base.lastIndexOf('/'), scpColon(base));
        int authority = base.indexOf("://");
        if (cut < 0 || (authority >= 0 && cut <= authority + 2)) {
          throw new BuildException(
              ErrorCode.CONTEXT_INVALID,
              "the submodule URL " + url + " leads above the host of " + this);
        }
        base = base.charAt(cut) == ':' ? base.substring(0, cut + 1) : base.substring(0, cut);
      } else {
        return base.endsWith(":") ? base + rest : base + "/" + rest;
      }
    }
  }

  private static int scpColon(String base) {
    return base.contains("://") ? -1 : base.indexOf(':');
  }

  private static URIish parse(String remote, GitSettings settings) {
    URIish uri;
    try {
      uri = new URIish(remote);
    } catch (URISyntaxException e) {
      // The cause would quote the URL with its credentials.
      throw SourceParser.usage("not a Git URL: " + Redaction.url(remote));
    }
    String scheme = scheme(uri);
    switch (scheme) {
      case "http", "https", "ssh", "git" -> {}
      case "file" -> {
        if (!settings.allowLocal()) {
          throw SourceParser.usage(
              "local Git repositories are refused: "
                  + Redaction.url(remote)
                  + "; give the directory itself, or a URL");
        }
      }
      default ->
          throw SourceParser.usage(
              "the protocol of "
                  + Redaction.url(remote)
                  + " is not supported; use https, ssh, git or http");
    }
    // A host that a program might take for an option (CVE-2017-1000117).
    if (uri.getHost() != null && uri.getHost().startsWith("-")) {
      throw SourceParser.usage("not a Git host: " + uri.getHost());
    }
    return uri;
  }

  private static String scheme(URIish uri) {
    if (uri.getScheme() != null) {
      return uri.getScheme().toLowerCase(Locale.ROOT);
    }
    return uri.getHost() == null ? "file" : "ssh";
  }

  private static boolean isHttp(URIish uri) {
    return scheme(uri).startsWith("http");
  }

  private static String hostOf(URIish uri) {
    return uri.getHost() == null
        ? ""
        : GitConnections.host(scheme(uri), uri.getHost(), uri.getPort());
  }

  /** The URL without credentials. */
  @Override
  public String toString() {
    return Redaction.url(uri.toString());
  }
}
