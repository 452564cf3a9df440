package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads {@code COPY} and {@code ADD}. */
final class CopyReader {
  private static final Map<String, Flags.Kind> COPY_FLAGS =
      Map.of(
          "from", Flags.Kind.TEXT,
          "chown", Flags.Kind.TEXT,
          "chmod", Flags.Kind.TEXT,
          "link", Flags.Kind.BOOLEAN,
          "parents", Flags.Kind.BOOLEAN,
          "exclude", Flags.Kind.LIST);

  private static final Map<String, Flags.Kind> ADD_FLAGS =
      Map.of(
          "chown", Flags.Kind.TEXT,
          "chmod", Flags.Kind.TEXT,
          "link", Flags.Kind.BOOLEAN,
          "exclude", Flags.Kind.LIST,
          "checksum", Flags.Kind.TEXT,
          "keep-git-dir", Flags.Kind.BOOLEAN,
          "unpack", Flags.Kind.BOOLEAN);

  private final InstructionReader reader;
  private final Statement statement;
  private final Origin origin;
  private final List<Heredoc> documents;
  private final List<String> sources = new ArrayList<>();
  private final List<Heredoc> inline = new ArrayList<>();
  private String destination = "";

  CopyReader(
      InstructionReader reader, Statement statement, Origin origin, List<Heredoc> documents) {
    this.reader = reader;
    this.statement = statement;
    this.origin = origin;
    this.documents = documents;
  }

  Copy copy() {
    Flags flags = new Flags(statement, COPY_FLAGS);
    readPaths("COPY");
    Optional<String> from = flags.text("from");
    from.ifPresent(stage -> requireConstant(stage, flags.offset("from")));
    return new Copy(
        origin,
        sources,
        inline,
        destination,
        from,
        flags.text("chown"),
        flags.text("chmod"),
        flags.isTrue("link"),
        flags.isTrue("parents"),
        flags.all("exclude"));
  }

  Add add() {
    Flags flags = new Flags(statement, ADD_FLAGS);
    readPaths("ADD");
    return new Add(
        origin,
        sources,
        inline,
        destination,
        flags.text("chown"),
        flags.text("chmod"),
        flags.isTrue("link"),
        flags.all("exclude"),
        flags.text("checksum"),
        flags.bool("keep-git-dir"),
        flags.bool("unpack"));
  }

  private void readPaths(String name) {
    Optional<List<String>> json = reader.json(statement.arguments());
    List<String> words = json.orElseGet(() -> Words.separated(statement.arguments()));
    if (words.size() < 2) {
      throw reader.failure(
          name
              + " requires at least two arguments, but "
              + (words.isEmpty() ? "none was" : "only one was")
              + " provided. Destination could not be determined");
    }
    destination = words.getLast();
    if (HeredocReader.announcement(destination).isPresent()) {
      throw reader.failure(name + " cannot accept a heredoc as a destination");
    }
    for (String word : words.subList(0, words.size() - 1)) {
      if (HeredocReader.announcement(word).isEmpty()) {
        sources.add(word);
      } else if (inline.size() < documents.size()) {
        inline.add(documents.get(inline.size()));
      } else {
        throw reader.failure(name + " cannot accept a heredoc in JSON form");
      }
    }
    if (inline.size() != documents.size()) {
      throw reader.failure(
          name
              + " takes a heredoc only as a word of its own: <<NAME, without spaces in it or"
              + " around the name");
    }
  }

  /** The graph of stages is made before any variable has a value. */
  private void requireConstant(String stage, int offset) {
    boolean constant;
    try {
      Substitution substitution =
          new Substitution(stage, statement.escape(), Variables.NONE, Expander.LIMIT, Set.of());
      constant = substitution.word().equals(stage);
    } catch (Substitution.Malformed e) {
      constant = false;
    }
    if (!constant) {
      throw statement
          .line()
          .failure(
              offset,
              "variable expansion is not supported for --from, define a new stage with FROM using"
                  + " ARG from global scope as a workaround");
    }
  }
}
