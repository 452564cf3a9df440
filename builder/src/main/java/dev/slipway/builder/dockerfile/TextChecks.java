package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The checks that need nothing but the text. It sees each statement as it is read, because the
 * spelling of keywords is not kept.
 */
final class TextChecks {
  private static final Set<String> RESERVED_STAGES = Set.of("context", "scratch");

  private record Candidate(Finding finding, List<String> comments) {}

  private record Keyword(String written, Origin origin) {}

  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Keyword> keywords = new ArrayList<>();
  private boolean inStage;

  void statement(Statement statement, Origin origin) {
    LogicalLine line = statement.line();
    line.emptyLine()
        .ifPresent(number ->
            add(
                Rule.NO_EMPTY_CONTINUATION,
                "Empty continuation line",
                new Location(origin.location().file(), number, 0, number),
                origin));
    switch (InstructionReader.nameOf(statement)) {
      case "FROM" -> {
        inStage = true;
        from(statement, origin);
      }
      case "ARG" -> {
        List<String> names =
            Words.quoted(statement.arguments(), statement.escape()).stream()
                .map(word -> word.contains("=") ? word.substring(0, word.indexOf('=')) : word)
                .toList();
        description("ARG", names, origin);
      }
      case "MAINTAINER" ->
          add(
              Rule.MAINTAINER_DEPRECATED,
              "Maintainer instruction is deprecated in favor of using label",
              origin.location(),
              origin);
      default -> {}
    }
    if (inStage) {
      keywords.add(new Keyword(statement.keyword(), origin));
    }
  }

  private void from(Statement statement, Origin origin) {
    List<String> words = Words.separated(statement.arguments());
    if (words.size() != 3) {
      return;
    }
    String stage = words.get(2);
    String lower = stage.toLowerCase(Locale.ROOT);
    if (!stage.equals(lower)) {
      add(
          Rule.STAGE_NAME_CASING,
          "Stage name '" + stage + "' should be lowercase",
          origin.location(),
          origin);
    }
    String from = statement.keyword();
    String as = words.get(1);
    boolean matches = isLower(from) ? isLower(as) : !isUpper(from) || isUpper(as);
    if (!matches) {
      add(
          Rule.FROM_AS_CASING,
          "'" + as + "' and '" + from + "' keywords' casing do not match",
          origin.location(),
          origin);
    }
    description("FROM", List.of(lower), origin);
  }

  private void description(String instruction, List<String> names, Origin origin) {
    List<String> comments = origin.comments();
    if (comments.isEmpty() || names.isEmpty()) {
      return;
    }
    String last = comments.getLast();
    int space = last.indexOf(' ');
    if (!names.contains(space < 0 ? last : last.substring(0, space))) {
      String example = names.size() > 1 ? "<arg_key>" : names.getFirst();
      add(
          Rule.INVALID_DEFINITION_DESCRIPTION,
          "Comment for %s should follow the format: `# %s <description>`"
              .formatted(instruction, example),
          origin.location(),
          origin);
    }
  }

  private void add(Rule rule, String message, Location location, Origin origin) {
    candidates.add(new Candidate(new Finding(rule, message, location), origin.comments()));
  }

  /** All findings that the directives and the comments of instructions let through. */
  List<Finding> findings(Directives directives, List<Stage> stages) {
    stageNames(stages);
    casing();
    return candidates.stream()
        .filter(candidate ->
            directives.check().withComments(candidate.comments()).runs(candidate.finding().rule()))
        .map(Candidate::finding)
        .sorted(Comparator.comparingInt(finding -> finding.location().line()))
        .toList();
  }

  private void stageNames(List<Stage> stages) {
    Set<String> seen = new HashSet<>();
    for (Stage stage : stages) {
      if (stage.name().isEmpty()) {
        continue;
      }
      String name = stage.name().get();
      Origin origin = stage.from().origin();
      if (RESERVED_STAGES.contains(name)) {
        add(
            Rule.RESERVED_STAGE_NAME,
            "Stage name should not use the same name as reserved stage \"" + name + "\"",
            origin.location(),
            origin);
      }
      if (!seen.add(name)) {
        add(
            Rule.DUPLICATE_STAGE_NAME,
            "Duplicate stage name \"" + name + "\", stage names should be unique",
            origin.location(),
            origin);
      }
    }
  }

  private void casing() {
    long lower = keywords.stream().filter(k -> isLower(k.written())).count();
    long upper = keywords.stream().filter(k -> isUpper(k.written())).count();
    boolean wantsLower = lower > upper;
    for (Keyword keyword : keywords) {
      String written = keyword.written();
      if (wantsLower ? !isLower(written) : !isUpper(written)) {
        add(
            Rule.CONSISTENT_INSTRUCTION_CASING,
            "Command '%s' should match the case of the command majority (%s)"
                .formatted(written, wantsLower ? "lowercase" : "uppercase"),
            keyword.origin().location(),
            keyword.origin());
      }
    }
  }

  private static boolean isLower(String text) {
    return text.equals(text.toLowerCase(Locale.ROOT));
  }

  private static boolean isUpper(String text) {
    return text.equals(text.toUpperCase(Locale.ROOT));
  }
}
