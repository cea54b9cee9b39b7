package dev.skep.skeleton;

import dev.skep.object.BpfObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The source of a Java class for one BPF object: it holds the object, and has its programs, maps
 * and variables by name and type. It needs the module dev.skep.core.
 */
public final class Skeleton {
  private final String packageName;
  private final String className;
  private final String source;

  private Skeleton(String packageName, String className, String source) {
    this.packageName = packageName;
    this.className = className;
    this.source = source;
  }

  /**
   * Writes the class of an object.
   *
   * @param file name of the object's file, as in "firewall.bpf.o"
   * @param name of the object, as in "firewall"; null for the file's up to the first dot
   * @param packageName may be empty
   * @throws dev.skep.errors.MalformedException if it is no BPF object
   * @throws IllegalArgumentException if that cannot be a package's name
   */
  public static Skeleton of(String file, byte[] object, @Nullable String name, String packageName) {
    if (!packageName.isEmpty() && !JavaNames.isPackage(packageName)) {
      throw new IllegalArgumentException("package name \"" + packageName + "\"");
    }
    int dot = file.indexOf('.');
    String own = name != null ? name : dot < 0 ? file : file.substring(0, dot);
    BpfObject opened = BpfObject.open(own, object);
    String className = new JavaNames(SkeletonWriter.USED).type(own);
    SkeletonWriter writer = new SkeletonWriter(opened, own, className);
    String source =
        "// Made by skep gen skeleton from "
            + file
            + ", sha256 "
            + digest(object)
            + ". Do not edit.\n"
            + (packageName.isEmpty() ? "" : "package " + packageName + ";\n\n")
            + writer.write(object);
    return new Skeleton(packageName, className, source);
  }

  private static String digest(byte[] object) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(object);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every java platform has sha-256", e);
    }
  }

  /** The whole text of the file. */
  public String source() {
    return source;
  }

  /** The simple name of the class. */
  public String className() {
    return className;
  }

  /** Where the file belongs below a source folder. */
  public Path path() {
    Path folder = Path.of(packageName.replace('.', '/'));
    return folder.resolve(className + ".java");
  }

  /**
   * Puts the file below a source folder; one that is the same already is not touched.
   *
   * @return whether something changed
   */
  public boolean writeTo(Path folder) throws IOException {
    Path file = folder.resolve(path());
    byte[] bytes = source.getBytes(StandardCharsets.UTF_8);
    if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
      return false;
    }
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(file, bytes);
    return true;
  }
}
