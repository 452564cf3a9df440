package dev.slipway.builder.dockerfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import java.util.List;
import java.util.Optional;

/**
 * What {@code --check} found.
 *
 * @param findings by line
 * @param failure why the Dockerfile cannot be built at all; checks stop there
 * @param failsBuild whether findings fail a build ({@code check=error=true})
 */
public record CheckReport(
    List<Finding> findings, Optional<BuildException> failure, boolean failsBuild) {
  public CheckReport {
    findings = List.copyOf(findings);
  }

  /** Runs all checks. Never throws for what is wrong with the Dockerfile. */
  public static CheckReport of(CheckRequest request) {
    return Checker.check(request);
  }

  /** 0 if there is nothing to say, else 1: the exit code of {@code --check}. */
  public int statusCode() {
    return findings.isEmpty() && failure.isEmpty() ? 0 : 1;
  }

  /**
   * As {@code docker build --check} prints it to standard output.
   *
   * @param text of the Dockerfile
   */
  public String toText(String text) {
    StringBuilder out = new StringBuilder();
    int count = findings.size();
    if (count > 0) {
      String found = count == 1 ? "1 warning has" : count + " warnings have";
      out.append("Check complete, ").append(found).append(" been found!\n");
    }
    for (Finding finding : findings) {
      out.append("\nWARNING: ").append(finding.rule().ruleName());
      finding.rule().url().ifPresent(url -> out.append(" - ").append(url));
      out.append('\n').append(finding.message()).append('\n');
      out.append(Excerpt.of(text, finding.location()));
    }
    if (failure.isPresent() && count > 0) {
      out.append('\n');
    }
    if (statusCode() == 0) {
      out.append("Check complete, no warnings found.\n");
    }
    return out.toString();
  }

  /**
   * What ended the checks early, as {@code docker build --check} prints it to standard error; empty
   * where nothing did.
   *
   * @param text of the Dockerfile
   */
  public String failureText(String text) {
    return failure
        .map(e ->
            "ERROR: "
                + firstLine(e)
                + "\n"
                + e.location().map(location -> Excerpt.of(text, location)).orElse(""))
        .orElse("");
  }

  /** A Dockerfile that cannot even be read. */
  public static CheckReport unreadable(BuildException failure) {
    return new CheckReport(List.of(), Optional.of(failure), false);
  }

  /** As {@code docker build --call check,format=json} prints it. */
  public String toJson(String fileName, String text) {
    ObjectNode root = CallJson.object();
    ArrayNode warnings = root.putArray("warnings");
    for (Finding finding : findings) {
      ObjectNode warning = warnings.addObject();
      warning.put("ruleName", finding.rule().ruleName());
      warning.put("description", finding.rule().description());
      finding.rule().url().ifPresent(url -> warning.put("url", url));
      warning.put("detail", finding.message());
      warning.set("location", CallJson.location(finding.location()));
    }
    ObjectNode source = root.putArray("sources").addObject();
    source.put("filename", fileName);
    source.put("data", CallJson.base64(text));
    source.put("language", "Dockerfile");
    failure.ifPresent(e -> {
      ObjectNode error = root.putObject("buildError");
      error.put("message", firstLine(e));
      Location location = e.location().orElseGet(() -> Location.of(fileName));
      error.set("location", CallJson.location(location));
    });
    return CallJson.print(root);
  }

  private static String firstLine(BuildException e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
