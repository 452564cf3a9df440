package dev.slipway.builder.image;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;

/** Time as Go writes it into JSON (RFC 3339 with as many fractional digits as it takes). */
final class GoTime {

  private static final DateTimeFormatter RFC3339_NANO =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral('Z')
          .toFormatter()
          .withZone(ZoneOffset.UTC);

  private GoTime() {}

  static String format(Instant time) {
    return RFC3339_NANO.format(time);
  }

  static Instant parse(String subject, String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw Json.invalid(subject, "\"" + Json.shorten(text) + "\" is not a time of RFC 3339");
    }
  }
}
