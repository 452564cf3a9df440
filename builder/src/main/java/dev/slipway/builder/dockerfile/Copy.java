package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Optional;

/**
 * {@code COPY}.
 *
 * @param from a stage's name or number, a named context or an image; never a variable
 * @param sources patterns in the context, or in {@code from}; see {@code inline}
 * @param inline documents that come from the Dockerfile itself; at least one of both lists has an
 *     element
 * @param chown {@code user[:group]}
 * @param chmod octal or symbolic
 */
public record Copy(
    Origin origin,
    List<String> sources,
    List<Heredoc> inline,
    String destination,
    Optional<String> from,
    Optional<String> chown,
    Optional<String> chmod,
    boolean link,
    boolean parents,
    List<String> excludes)
    implements Instruction {
  public Copy {
    sources = List.copyOf(sources);
    inline = List.copyOf(inline);
    excludes = List.copyOf(excludes);
  }

  @Override
  public Copy expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    List<String> paths = expander.each(sources);
    paths.stream()
        .filter(path -> path.startsWith("http://") || path.startsWith("https://"))
        .findFirst()
        .ifPresent(url -> {
          throw origin.failure(
              "source can't be a URL for COPY: \"" + url + "\"; ADD downloads files");
        });
    return new Copy(
        origin,
        paths,
        expander.documents(inline),
        expander.word(destination),
        from,
        expander.optional(chown),
        expander.optional(chmod),
        link,
        parents,
        excludes);
  }
}
