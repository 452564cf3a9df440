package dev.slipway.builder.linux;

import org.jspecify.annotations.Nullable;

/**
 * One name in a directory.
 *
 * @param type null where the file system does not say without a stat
 */
public record DirEntry(String name, @Nullable FileType type) {}
