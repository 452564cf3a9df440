package dev.slipway.builder.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.transport.URIish;

/**
 * The LFS server of a repository, found by the rules of <a
 * href="https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md">server
 * discovery</a>.
 *
 * @param url to which the calls of the API are appended
 * @param headers what it wants to see, as an SSH host said
 */
record LfsEndpoint(URI url, Map<String, String> headers) {
  private static final ObjectMapper JSON = new ObjectMapper();

  LfsEndpoint {
    headers = Map.copyOf(headers);
  }

  /** Shows no headers. */
  @Override
  public String toString() {
    return Redaction.url(url.toString());
  }

  /**
   * The server of a repository.
   *
   * @param config the text of its {@code .lfsconfig}
   * @param ssh asks an SSH host, which may know nothing of LFS; see {@link LfsSsh#authenticate}
   * @throws BuildException CONTEXT_INVALID where the repository names a server that is none
   */
  static LfsEndpoint of(
      GitRemote remote, Optional<String> config, Function<URIish, Optional<String>> ssh) {
    Optional<String> configured = config.flatMap(LfsEndpoint::configured);
    if (configured.isEmpty()) {
      return ofRemote(remote.uri(), ssh);
    }
    URIish own;
    try {
      own = new URIish(configured.get());
    } catch (URISyntaxException e) {
      throw invalid("the server " + Redaction.url(configured.get()) + " of .lfsconfig is no URL");
    }
    if (isSsh(own)) {
      return ofRemote(own, ssh);
    }
    // What is written into a repository for all to read is no secret, and is not used as one.
    return new LfsEndpoint(
        http(own.setUser(null).setPass(null).toString(), ".lfsconfig"), Map.of());
  }

  private static Optional<String> configured(String text) {
    Config config = new Config();
    try {
      config.fromText(text);
    } catch (ConfigInvalidException e) {
      throw invalid("the .lfsconfig of the repository is malformed: " + e.getMessage());
    }
    return Optional.ofNullable(config.getString("lfs", null, "url"))
        .or(() -> Optional.ofNullable(config.getString("remote", "origin", "lfsurl")));
  }

  private static LfsEndpoint ofRemote(URIish remote, Function<URIish, Optional<String>> ssh) {
    if (isSsh(remote)) {
      Optional<String> answer = ssh.apply(remote);
      if (answer.isPresent()) {
        return ofSsh(remote, answer.get());
      }
    }
    return new LfsEndpoint(guess(remote), Map.of());
  }

  private static LfsEndpoint ofSsh(URIish remote, String answer) {
    JsonNode said;
    try {
      said = JSON.readTree(answer);
    } catch (JsonProcessingException e) {
      // The text holds a token.
      throw new BuildException(
          ErrorCode.GIT_AUTH, remote.getHost() + " answered git-lfs-authenticate with no JSON");
    }
    Map<String, String> headers = new LinkedHashMap<>();
    said.path("header").properties().forEach(h -> headers.put(h.getKey(), h.getValue().asText()));
    String href = said.path("href").asText("");
    URI url = href.isEmpty() ? guess(remote) : http(href, remote.getHost());
    return new LfsEndpoint(url, headers);
  }

  /** Where a server is that is told by nothing else: beside the repository, over https. */
  private static URI guess(URIish remote) {
    String scheme = "http".equalsIgnoreCase(remote.getScheme()) ? "http" : "https";
    if (remote.getHost() == null) {
      throw invalid("a local repository has no LFS server; name one as lfs.url in its .lfsconfig");
    }
    // The port of another protocol is not that of https.
    boolean http = remote.getScheme() != null && remote.getScheme().startsWith("http");
    String port = http && remote.getPort() > 0 ? ":" + remote.getPort() : "";
    String path = remote.getRawPath();
    path = path.startsWith("/") ? path : "/" + path;
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    String git = path.endsWith(".git") ? "" : ".git";
    return http(scheme + "://" + remote.getHost() + port + path + git + "/info/lfs", "the remote");
  }

  private static URI http(String text, String source) {
    try {
      URI url = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      if (HttpRequests.isHttp(url)) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Said below, without the text's user info.
    }
    throw invalid(
        "the LFS server " + Redaction.url(text) + " of " + source + " is no http or https URL");
  }

  private static boolean isSsh(URIish url) {
    return url.getHost() != null
        && (url.getScheme() == null || url.getScheme().equalsIgnoreCase("ssh"));
  }

  private static BuildException invalid(String message) {
    return new BuildException(ErrorCode.CONTEXT_INVALID, "Git LFS: " + message);
  }
}
