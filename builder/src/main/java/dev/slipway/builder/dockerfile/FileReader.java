package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a whole file: from lines over statements to stages. Used once. */
final class FileReader {
  private final SourceText source;
  private final LineReader lines;
  private final TextChecks checks = new TextChecks();
  private final List<Arg> globalArgs = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Instruction> instructions = new ArrayList<>();
  private final Optional<CheckOptions> asked;
  private @Nullable From from;

  /**
   * @param asked take the place of the {@code check} directive
   */
  FileReader(SourceText source, Optional<CheckOptions> asked) {
    this.source = source;
    this.asked = asked;
    this.lines = new LineReader(source);
  }

  Dockerfile read() {
    LogicalLine line;
    while ((line = lines.next()) != null) {
      Statement statement = Statement.of(line, lines.directives().escape());
      Parts parts = parts(statement);
      checks.statement(statement, parts.origin());
      InstructionReader reader =
          new InstructionReader(statement, parts.origin(), parts.documents());
      if (InstructionReader.nameOf(statement).equals("FROM")) {
        closeStage();
        from = reader.from();
      } else {
        add(statement, reader.read());
      }
    }
    closeStage();
    if (stages.isEmpty()) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX,
          globalArgs.isEmpty()
              ? "%s has no instructions; it must start with FROM".formatted(source.fileName())
              : "%s has no stage to build: add a FROM".formatted(source.fileName()),
          Location.of(source.fileName()));
    }
    Directives directives = asked.map(lines.directives()::withCheck).orElseGet(lines::directives);
    return new Dockerfile(directives, globalArgs, stages, checks.findings(directives, stages));
  }

  private void add(Statement statement, Instruction instruction) {
    if (from != null) {
      instructions.add(instruction);
    } else if (instruction instanceof Arg arg) {
      globalArgs.add(arg);
    } else {
      throw statement
          .line()
          .failure(
              statement.offset(),
              "no build stage in current context: "
                  + instruction.name()
                  + " stands before the first FROM, where only ARG may");
    }
  }

  private void closeStage() {
    From opened = from;
    if (opened != null) {
      Optional<String> description =
          opened
              .name()
              .flatMap(name -> InstructionReader.description(opened.origin().comments(), name));
      stages.add(new Stage(stages.size(), opened.name(), description, opened, instructions));
      instructions.clear();
    }
  }

  /** Exactly one instruction, whatever it is. */
  static Instruction readOne(SourceText source, Origin place) {
    LineReader lines = new LineReader(source);
    LogicalLine line = lines.next();
    if (line == null) {
      throw new BuildException(ErrorCode.DOCKERFILE_SYNTAX, "it is empty");
    }
    Statement statement = Statement.of(line, lines.directives().escape());
    InstructionReader.requireTrigger(statement);
    FileReader reader = new FileReader(source, lines);
    Parts parts = reader.parts(statement);
    Origin written = parts.origin();
    Origin origin =
        new Origin(
            place.location(), written.keyword(), written.source(), List.of(), place.escape());
    Instruction instruction = new InstructionReader(statement, origin, parts.documents()).read();
    if (lines.next() != null) {
      throw new BuildException(ErrorCode.DOCKERFILE_SYNTAX, "it is more than one instruction");
    }
    return instruction;
  }

  private FileReader(SourceText source, LineReader lines) {
    this.source = source;
    this.lines = lines;
    this.asked = Optional.empty();
  }

  private record Parts(Origin origin, List<Heredoc> documents) {}

  /** Reads the documents that follow the statement, which is when its last line is known. */
  private Parts parts(Statement statement) {
    LogicalLine line = statement.line();
    boolean onbuild = InstructionReader.nameOf(statement).equals("ONBUILD");
    List<Heredoc> documents = List.of();
    if (InstructionReader.takesDocuments(onbuild ? statement.trigger() : statement)) {
      List<Heredoc> announced = HeredocReader.announced(line.text());
      documents = lines.documents(announced, line.location(statement.offset()));
    }
    String keyword = statement.keyword();
    String rest = line.text().substring(statement.offset() + keyword.length());
    Origin origin =
        new Origin(
            line.location(statement.offset(), lines.position()),
            keyword,
            Space.trim(InstructionReader.nameOf(statement) + rest),
            line.comments(),
            statement.escape());
    return new Parts(origin, documents);
  }
}
