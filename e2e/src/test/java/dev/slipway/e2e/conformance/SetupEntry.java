package dev.slipway.e2e.conformance;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One file-system object that a case makes before it is built, or a change to one that Git holds.
 * {@code %XX} in {@code path} and {@code link} stands for one byte.
 *
 * @param path inside the context, or inside the archive
 * @param type {@code file} (default), {@code dir}, {@code symlink}, {@code hardlink}, {@code fifo},
 *     {@code char}, {@code block}, {@code tar}, {@code sparse}, {@code attributes} (of a file that
 *     is there)
 * @param mode octal; 0644 for files and 0755 for directories by default
 * @param mtime seconds since 1970
 * @param hex what a file holds, where {@code text} cannot say it
 * @param link of symbolic and hard links
 * @param device {@code major:minor}
 * @param size of a sparse file
 * @param entries of a tar, in this order, names as written
 * @param compress of a tar: {@code gz}, {@code bz2}, {@code xz} or {@code zstd}
 */
record SetupEntry(
    String path,
    @Nullable String type,
    @Nullable String mode,
    @Nullable Long uid,
    @Nullable Long gid,
    @Nullable Long mtime,
    @Nullable String text,
    @Nullable String hex,
    @Nullable String link,
    @Nullable Map<String, String> xattrs,
    @Nullable String device,
    @Nullable Long size,
    @Nullable List<SetupEntry> entries,
    @Nullable String compress) {

  String kind() {
    return type == null ? "file" : type;
  }
}
