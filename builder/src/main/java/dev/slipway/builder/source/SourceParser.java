package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The grammar of context arguments; see {@link Source#parse}. */
final class SourceParser {
  private static final Pattern SCHEME = Pattern.compile("^([a-zA-Z][a-zA-Z0-9+.-]*)://.*");
  private static final Pattern TRANSPORT_HELPER = Pattern.compile("^[a-zA-Z][a-zA-Z0-9+.-]*::.*");
  // util/sshutil of BuildKit: user@host:path, with an optional query and fragment.
  private static final Pattern SCP_STYLE =
      Pattern.compile("^([a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:[^?#]*)(?:\\?([^#]*))?(?:#(.*))?$");

  private SourceParser() {}

  static Source parse(String argument) {
    if (argument.isEmpty()) {
      throw usage("the context is empty; give a directory, a URL or '-'");
    }
    if (argument.equals("-")) {
      return new Source.Stdin();
    }
    boolean http = argument.startsWith("http://") || argument.startsWith("https://");
    Optional<GitUrl> git = gitUrl(argument);
    if (git.isEmpty() && http && argument.indexOf('#') >= 0) {
      Split split = split(argument);
      git = Optional.of(build(split.base(), split.query(), decoded(split.fragment()), argument));
    }
    if (git.isPresent()) {
      return new Source.Git(git.get());
    }
    if (http) {
      return parseHttp(argument);
    }
    Path path = path(argument);
    // BuildKit still takes this deprecated form for a context, where no such directory exists.
    if (argument.startsWith("github.com/") && !Files.isDirectory(path)) {
      Split split = split("https://" + argument);
      return new Source.Git(build(split.base(), split.query(), split.fragment(), argument));
    }
    return new Source.LocalDirectory(path);
  }

  static Optional<GitUrl> gitUrl(String text) {
    if (text.startsWith("./") || text.startsWith("../") || text.startsWith("/")) {
      return Optional.empty();
    }
    if (TRANSPORT_HELPER.matcher(text).matches()) {
      throw usage(
          "Git transport helpers are refused: "
              + Redaction.url(text)
              + "; use an https or ssh URL instead");
    }
    Matcher scheme = SCHEME.matcher(text);
    if (scheme.matches()) {
      return byScheme(scheme.group(1).toLowerCase(Locale.ROOT), text);
    }
    Matcher scp = SCP_STYLE.matcher(text);
    if (scp.matches()) {
      return Optional.of(build(scp.group(1), scp.group(2), scp.group(3), text));
    }
    return Optional.empty();
  }

  private static Optional<GitUrl> byScheme(String scheme, String text) {
    Split split = split(text);
    boolean git =
        switch (scheme) {
          case "ssh", "git", "file" -> true;
          case "http", "https" -> split.base().endsWith(".git");
          default ->
              throw usage(
                  "the protocol of "
                      + Redaction.url(text)
                      + " is not supported; use https, ssh, git or http");
        };
    if (!git) {
      return Optional.empty();
    }
    return Optional.of(build(split.base(), split.query(), decoded(split.fragment()), text));
  }

  static Source.HttpArchive parseHttp(String text) {
    return new Source.HttpArchive(httpUri(text));
  }

  private static @Nullable String decoded(@Nullable String fragment) {
    return fragment == null ? null : decode(fragment);
  }

  /** A URL in its three parts; query and fragment without their marks, null where absent. */
  private record Split(String base, @Nullable String query, @Nullable String fragment) {}

  private static Split split(String url) {
    int hash = url.indexOf('#');
    String fragment = hash < 0 ? null : url.substring(hash + 1);
    String rest = hash < 0 ? url : url.substring(0, hash);
    int mark = rest.indexOf('?');
    return new Split(
        mark < 0 ? rest : rest.substring(0, mark),
        mark < 0 ? null : rest.substring(mark + 1),
        fragment);
  }

  private static GitUrl build(
      String remote, @Nullable String query, @Nullable String fragment, String text) {
    String ref = fragment == null ? "" : fragment;
    String subdir = "";
    int colon = ref.indexOf(':');
    if (colon >= 0) {
      subdir = ref.substring(colon + 1);
      ref = ref.substring(0, colon);
    }
    Query keys = new Query(parameters(query, text), text);
    ref = keys.ref(ref);
    if (ref.startsWith("-")) {
      throw usage("a Git ref cannot start with '-': " + ref);
    }
    String checksum = keys.either("commit", "checksum");
    if (checksum != null && !checksum.matches("[0-9a-fA-F]{7,64}")) {
      throw usage(
          "the commit '"
              + checksum
              + "' is not one: give 7 to 64 hex digits in "
              + Redaction.url(text));
    }
    return new GitUrl(
        remote,
        ref,
        keys.agree("subdir", subdir),
        Optional.ofNullable(checksum).map(c -> c.toLowerCase(Locale.ROOT)),
        keys.flag("submodules").orElse(true),
        keys.flag("keep-git-dir"),
        keys.commitTimes(),
        keys.flag("fetch-by-commit").orElse(false),
        keys.depth(),
        keys.flag("lfs").orElse(false));
  }

  private static Map<String, String> parameters(@Nullable String query, String text) {
    Map<String, String> out = new LinkedHashMap<>();
    if (query == null || query.isEmpty()) {
      return out;
    }
    for (String pair : query.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String key = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (!Query.KEYS.contains(key)) {
        throw usage(
            "the key '"
                + key
                + "' in the Git URL "
                + Redaction.url(text)
                + " is unknown; the keys are "
                + String.join(", ", Query.KEYS));
      }
      if (out.put(key, value) != null) {
        throw usage("the key '" + key + "' is given twice in " + Redaction.url(text));
      }
    }
    return out;
  }

  private static URI httpUri(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() == null) {
        throw usage("the URL " + Redaction.url(text) + " has no host");
      }
      return uri;
    } catch (URISyntaxException e) {
      // The cause would quote the URL with its credentials.
      throw usage("not a URL: " + Redaction.url(text) + ": " + e.getReason());
    }
  }

  private static Path path(String argument) {
    try {
      return Path.of(argument);
    } catch (InvalidPathException e) {
      throw usage("the context is not a path: " + e.getReason());
    }
  }

  private static String decode(String text) {
    try {
      // In a URL, unlike in a form, a plus sign is itself.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw usage("a percent escape in a Git URL is malformed: " + Redaction.url(text));
    }
  }

  static BuildException usage(String message) {
    return new BuildException(ErrorCode.USAGE, message);
  }
}
