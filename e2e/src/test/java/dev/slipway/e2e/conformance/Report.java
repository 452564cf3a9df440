package dev.slipway.e2e.conformance;

import java.util.List;

/**
 * What one build of a case came to: a line of a worker's output.
 *
 * @param problems how it differs from the golden; empty where it does not
 * @param digest of the image's manifest; empty where none was built
 */
record Report(String name, double seconds, List<String> problems, String digest) {}
