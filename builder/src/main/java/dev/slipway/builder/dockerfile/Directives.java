package dev.slipway.builder.dockerfile;

import java.util.Optional;

/**
 * The parser directives at the top of a file.
 *
 * @param syntax the image of another frontend; this engine is the frontend, whatever it says
 * @param escape backslash or backtick
 */
public record Directives(Optional<String> syntax, char escape, CheckOptions check) {

  Directives withCheck(CheckOptions value) {
    return new Directives(syntax, escape, value);
  }
}
