package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Optional;

/**
 * {@code ADD}: as {@link Copy} from the context, and also URLs, Git repositories and archives.
 *
 * @param checksum the digest of a URL's content ({@code sha256:...}) or the commit of a repository
 * @param keepGitDir whether {@code .git} stays; empty where not said
 * @param unpack whether an archive is unpacked; empty where not said: then local ones are and
 *     remote ones are not
 */
public record Add(
    Origin origin,
    List<String> sources,
    List<Heredoc> inline,
    String destination,
    Optional<String> chown,
    Optional<String> chmod,
    boolean link,
    List<String> excludes,
    Optional<String> checksum,
    Optional<Boolean> keepGitDir,
    Optional<Boolean> unpack)
    implements Instruction {
  public Add {
    sources = List.copyOf(sources);
    inline = List.copyOf(inline);
    excludes = List.copyOf(excludes);
  }

  @Override
  public Add expand(Variables variables) {
    if (checksum.isPresent() && sources.size() != 1) {
      throw origin.failure("checksum can't be specified for multiple sources");
    }
    Expander expander = new Expander(origin, variables);
    return new Add(
        origin,
        expander.each(sources),
        expander.documents(inline),
        expander.word(destination),
        expander.optional(chown),
        expander.optional(chmod),
        link,
        excludes,
        expander.optional(checksum),
        keepGitDir,
        unpack);
  }
}
