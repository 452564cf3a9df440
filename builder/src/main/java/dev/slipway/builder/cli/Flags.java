package dev.slipway.builder.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What a command takes, as picocli wants to have it. Declared by calls: the same by annotations
 * takes a JVM 40 of the 270 ms of a build that has nothing to do, because it makes a class for each
 * kind of annotation and a method handle for each field.
 *
 * <p>Each declaration ends with what to do with the value, which is called before the command is,
 * and only where there is one. Names are written as in a manual: {@code "-f, --file"}.
 */
final class Flags {
  /** Picocli's own looks for the method first. */
  private static final ITypeConverter<Path> TO_PATH = Path::of;

  private final CommandSpec spec;
  private final List<Runnable> takers;

  private Flags(CommandSpec spec, List<Runnable> takers) {
    this.spec = spec;
    this.takers = takers;
  }

  /** A command for picocli. */
  static CommandSpec command(String name, Subcommand command) {
    List<Runnable> takers = new ArrayList<>();
    Callable<Integer> call =
        () -> {
          takers.forEach(Runnable::run);
          return command.call();
        };
    CommandSpec spec = CommandSpec.wrapWithoutInspection(call).name(name);
    command.declare(new Flags(spec, takers));
    return helping(spec);
  }

  /** With --help and --version, which picocli itself would read from annotations. */
  static CommandSpec helping(CommandSpec spec) {
    return spec.addOption(
            option("-h, --help", "Show this help message and exit.").usageHelp(true).build())
        .addOption(
            option("-V, --version", "Print version information and exit.")
                .versionHelp(true)
                .build());
  }

  /** What the command does, for its help. */
  void describe(String text) {
    spec.usageMessage().description(text);
  }

  /** Help shows the flags in the order of their declaration, and is as wide as the terminal. */
  void shownAsDeclared() {
    spec.usageMessage().sortOptions(false).autoWidth(true);
  }

  void flag(String names, String description, Consumer<Boolean> use) {
    add(option(names, description).type(boolean.class), use);
  }

  void text(String names, String label, String description, Consumer<String> use) {
    add(option(names, description).paramLabel(label).type(String.class), use);
  }

  /** As {@link #text}, and the command cannot do without. */
  void required(String names, String label, String description, Consumer<String> use) {
    add(option(names, description).paramLabel(label).type(String.class).required(true), use);
  }

  /**
   * As {@link #text}, with a default that help shows for ${DEFAULT-VALUE}.
   *
   * @param otherwise the value where none is given
   */
  void text(
      String names, String label, String otherwise, String description, Consumer<String> use) {
    OptionSpec.Builder option = option(names, description).paramLabel(label).type(String.class);
    add(option.defaultValue(otherwise), use);
  }

  /** One of the constants of {@code otherwise}'s type, in small letters or large. */
  <E extends Enum<E>> void choice(
      String names, String label, E otherwise, String description, Consumer<E> use) {
    OptionSpec.Builder option =
        option(names, description).paramLabel(label).type(otherwise.getDeclaringClass());
    add(option.defaultValue(otherwise.name()), use);
  }

  /** May be repeated. */
  void texts(String names, String label, String description, Consumer<List<String>> use) {
    add(list(names, label, description, String.class), use);
  }

  /** May be repeated, and each may hold several, with commas between them. */
  void commaSeparated(String names, String label, String description, Consumer<List<String>> use) {
    add(list(names, label, description, String.class).splitRegex(","), use);
  }

  void path(String names, String label, String description, Consumer<Path> use) {
    OptionSpec.Builder option = option(names, description).paramLabel(label).type(Path.class);
    add(option.converters(TO_PATH), use);
  }

  /** May be repeated. */
  void paths(String names, String label, String description, Consumer<List<Path>> use) {
    add(list(names, label, description, Path.class).converters(TO_PATH), use);
  }

  /** The one thing without a name that the command needs. */
  void operand(String label, String description, Consumer<String> use) {
    add(operand(label, description).index("0").arity("1").required(true).type(String.class), use);
  }

  /** As {@link #operand}. */
  void pathOperand(String label, String description, Consumer<Path> use) {
    add(
        operand(label, description)
            .index("0")
            .arity("1")
            .required(true)
            .type(Path.class)
            .converters(TO_PATH),
        use);
  }

  /** Everything without a name. */
  void operands(String label, String description, Consumer<List<String>> use) {
    add(
        operand(label, description)
            .index("0..*")
            .arity("0..*")
            .type(List.class)
            .auxiliaryTypes(String.class),
        use);
  }

  private static OptionSpec.Builder option(String names, String description) {
    return OptionSpec.builder(names.split(", ", -1)).description(description);
  }

  private static OptionSpec.Builder list(
      String names, String label, String description, Class<?> type) {
    return option(names, description).paramLabel(label).type(List.class).auxiliaryTypes(type);
  }

  private static PositionalParamSpec.Builder operand(String label, String description) {
    return PositionalParamSpec.builder().paramLabel(label).description(description);
  }

  private <T> void add(OptionSpec.Builder builder, Consumer<T> use) {
    OptionSpec option = builder.build();
    spec.addOption(option);
    take(option, use);
  }

  private <T> void add(PositionalParamSpec.Builder builder, Consumer<T> use) {
    PositionalParamSpec operand = builder.build();
    spec.addPositional(operand);
    take(operand, use);
  }

  private <T> void take(ArgSpec argument, Consumer<T> use) {
    takers.add(() -> {
      @Nullable T value = argument.getValue();
      if (value != null) {
        use.accept(value);
      }
    });
  }
}
